// A real OpenID Connect provider for the tests: whoever names themselves at its form is signed in. Their groups are what /groups?name=ann&in=soc&in=admins said last.
//   node provider.mjs ADDRESS:PORT REDIRECT_URI
import Provider from 'oidc-provider'

const [address, redirect] = process.argv.slice(2)
const groups = new Map()
const provider = new Provider(`http://${address}`, {
  clients: [{ client_id: 'decnet', client_secret: 'the secret of the tests', redirect_uris: [redirect], grant_types: ['authorization_code'], response_types: ['code'] }],
  pkce: { required: () => true },
  cookies: { keys: ['for the tests'] },
  claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: `${id}@example.org`, groups: groups.get(id) ?? [] }) }),
})
provider.use(async (ctx, next) => {
  if (ctx.path !== '/groups') return next()
  const said = new URLSearchParams(ctx.querystring)
  groups.set(said.get('name'), said.getAll('in'))
  ctx.body = 'ok'
})
provider.listen(Number(address.split(':')[1]), address.split(':')[0], () => console.log('ready'))
