import { Component, type ReactNode } from 'react'
import { inWords } from '../api/request'
import { NotLoaded } from './parts'

interface Props {
  /** Since when the connection is live, in milliseconds since 1970; null while it is not. */
  since: number | null
  children: ReactNode
}

/** Shows what a page threw in the page's place, and lets the reader try again. A page that did not come is asked for again when the server is back. */
export class Boundary extends Component<Props, { problem: unknown }> {
  override state: { problem: unknown } = { problem: null }

  static getDerivedStateFromError(problem: unknown) {
    return { problem }
  }

  override componentDidCatch(problem: unknown) {
    if (problem instanceof NotLoaded) problem.forget()
  }

  override componentDidUpdate({ since: before }: Props) {
    const { since } = this.props
    if (this.state.problem instanceof NotLoaded && since !== null && since !== before) this.again()
  }

  again = () => this.setState({ problem: null })

  override render() {
    const { problem } = this.state
    if (problem === null) return this.props.children
    if (problem instanceof NotLoaded && this.props.since === null) {
      return <div className="page"><div role="status" className="empty"><h1>The server does not answer; this page opens when it is back</h1></div></div>
    }
    return (
      <div className="page">
        <div role="alert" className="empty">
          <h1>{problem instanceof NotLoaded ? 'This page did not come' : 'This page broke'}</h1>
          <p className="problem">{inWords(problem)}</p>
          {problem instanceof NotLoaded
            ? <button type="button" onClick={this.again}>Ask for it again</button>
            : (
              <>
                <p>What the fleet does is not touched by it. Load the page again; if it breaks again, it is a fault worth reporting.</p>
                <button type="button" onClick={() => location.reload()}>Load it again</button>
              </>
            )}
        </div>
      </div>
    )
  }
}
