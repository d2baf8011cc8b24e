import{t as e}from"./gql-3yJRZtvJ.js";var t=e(`
  query AttackersPage($first: Int!, $after: Cursor, $search: String) {
    attackers(first: $first, after: $after, search: $search, orderBy: { field: LAST_SEEN_AT, direction: DESC }) {
      edges {
        node {
          id
          address
          firstSeenAt
          lastSeenAt
          interactions
          sessions
          attempts
          commands
          deckies
          services
        }
      }
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`),n=e(`
  query CredentialsPage($first: Int!, $after: Cursor, $search: String) {
    credentials(first: $first, after: $after, search: $search, orderBy: { field: ATTEMPTS, direction: DESC }) {
      edges {
        node {
          id
          service
          kind
          principal
          secret
          attempts
          accepted
          lastSeenAt
          lastSourceIP
        }
      }
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`),r=e(`
  query SessionsPage($first: Int!, $after: Cursor, $search: String, $where: SessionWhereInput) {
    sessions(first: $first, after: $after, search: $search, where: $where, orderBy: { field: STARTED_AT, direction: DESC }) {
      edges {
        node {
          id
          key
          deckyName
          deploymentName
          service
          sourceIP
          startedAt
          lastAt
          endedAt
          principal
          authenticated
          interactions
          commands
          recorded
        }
      }
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`),i=e(`
  query SessionDetail($key: String!) {
    sessions(first: 1, where: { key: $key }, orderBy: { field: STARTED_AT, direction: DESC }) {
      edges {
        node {
          id
          key
          deckyName
          deploymentName
          service
          sourceIP
          startedAt
          lastAt
          endedAt
          principal
          authenticated
          recording
        }
      }
    }
  }
`),a=e(`
  query StatsOf($from: Time!, $to: Time!, $bucket: Duration!, $where: InteractionWhereInput) {
    interactionStats(from: $from, to: $to, where: $where) {
      total
      attackers
      overTime(bucket: $bucket) {
        at
        count
      }
      byService(first: 7) {
        name
        count
      }
      topAttackers(first: 7) {
        name
        count
      }
    }
  }
`),o=e(`
  query TouchesOf($from: Time!, $to: Time!, $decky: ID!) {
    interactionStats(from: $from, to: $to, where: { deckyID: $decky }) {
      overTime(bucket: "1h") {
        count
      }
    }
  }
`);export{a,r as i,n,o,i as r,t};