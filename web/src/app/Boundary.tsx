import { Component, type ReactNode } from 'react'
import { inWords } from '../api/request'

/** Shows what a page threw in the page's place, and lets the reader try again. */
export class Boundary extends Component<{ children: ReactNode }, { problem: unknown }> {
  override state: { problem: unknown } = { problem: null }

  static getDerivedStateFromError(problem: unknown) {
    return { problem }
  }

  override render() {
    if (this.state.problem === null) return this.props.children
    return (
      <div role="alert" className="empty">
        <h1>This page broke</h1>
        <p className="problem">{inWords(this.state.problem)}</p>
        <p>What the fleet does is not touched by it. Load the page again; if it breaks again, it is a fault worth reporting.</p>
        <button type="button" onClick={() => location.reload()}>Load it again</button>
      </div>
    )
  }
}
