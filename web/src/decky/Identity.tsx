import type { DeckyDetailQuery } from '../gql/graphql'
import type { Decky } from '../data/documents'
import { Countdown } from '../ui/Countdown'
import { shortDuration } from '../ui/duration'
import { Moment } from '../ui/Moment'

/** What a decky pretends to be, and how it stands. */
export function Identity({ decky, detail }: { decky: Decky; detail: DeckyDetailQuery['decky'] | null }) {
  const interval = detail?.mutateInterval ?? detail?.deployment.mutateInterval
  return (
    <section className="panel" aria-labelledby="identity">
      <h2 id="identity">Identity</h2>
      <dl className="facts">
        <div><dt>Host name</dt><dd>{decky.hostname}</dd></div>
        <div><dt>Address</dt><dd><code>{decky.ip}</code></dd></div>
        {detail?.mac && <div><dt>MAC</dt><dd><code>{detail.mac}</code></dd></div>}
        {detail && <div><dt>System</dt><dd>{detail.distro} <span className="faint">({detail.os})</span></dd></div>}
        {decky.archetype && <div><dt>Archetype</dt><dd>{decky.archetype}</dd></div>}
        <div><dt>Deployment</dt><dd>{decky.deployment.name} {detail && <span className="faint">{detail.deployment.network.driver.toLowerCase()} {detail.deployment.network.subnet}</span>}</dd></div>
        <div><dt>Generation</dt><dd>{decky.generation}{decky.generation !== decky.observedGeneration && <span className="faint"> (confirmed: {decky.observedGeneration})</span>}</dd></div>
        <div><dt>Mutates</dt><dd>{interval && decky.nextMutationAt ? `every ${shortDuration(interval)}` : 'when asked'}</dd></div>
        {detail && <div><dt>Deployed</dt><dd><Moment at={detail.createdAt} /></dd></div>}
      </dl>
      {detail?.repair && (
        <p className="notice warn">
          {detail.repair.gaveUp
            ? `The server has given up on it after ${detail.repair.failures} failures: mutate it, or try its last lifecycle again.`
            : <>Out of step: {detail.repair.failures} failures in a row.{detail.repair.nextAt && <> The next try is <Countdown to={detail.repair.nextAt} />.</>}</>}
        </p>
      )}
    </section>
  )
}
