// The addresses of the app's pages. web.go answers the same ones: a new page is named in both.
export const paths = {
  fleet: '/',
  deploy: '/deploy',
  deployment: (key: string) => `/deploy/${encodeURIComponent(key)}`,
  decky: (deployment: string, name: string) => `/deckies/${encodeURIComponent(deployment)}/${encodeURIComponent(name)}`,
  lifecycles: '/lifecycles',
  lifecycle: (id: string) => `/lifecycles/${encodeURIComponent(id)}`,
  interactions: '/interactions',
  attackers: '/attackers',
  credentials: '/credentials',
  sessions: '/sessions',
  known: '/known',
  account: '/account',
  people: '/people',
  person: (username: string) => `/people/${encodeURIComponent(username)}`,
  audit: '/audit',
  /** By its ID, or by the key by which interactions name it. */
  session: (id: string) => `/sessions/${encodeURIComponent(id)}`,
  /** A document of its own: its editor needs a laxer policy than the app's. */
  explorer: '/graphiql',
}
