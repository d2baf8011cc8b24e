import { FleetPage } from './fleet/FleetPage'
import { mount } from './mount'
import { Page } from './session/Page'

mount(<Page current="fleet">{(props) => <FleetPage key={props.session.token} {...props} />}</Page>)
