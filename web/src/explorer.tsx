import { ExplorerPage } from './explorer/ExplorerPage'
import { mount } from './mount'

mount(<ExplorerPage />)
