import { GraphiqlPage } from './graphiql/GraphiqlPage'
import { mount } from './mount'
import { Page } from './session/Page'

mount(<Page current="graphiql">{(props) => <GraphiqlPage key={props.session.token} {...props} />}</Page>)
