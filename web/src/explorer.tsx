import { followBuilds } from './app/build'
import { ExplorerPage } from './explorer/ExplorerPage'
import { mount } from './mount'

followBuilds()
mount(<ExplorerPage />)
