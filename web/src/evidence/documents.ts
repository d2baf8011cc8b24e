// What the evidence's pages ask the API for.
import { graphql } from '../gql'
import type { AttackersPageQuery, CredentialsPageQuery, KnownSourcesQuery, SessionsPageQuery } from '../gql/graphql'
import type { Connection } from '../data/nodes'

export const attackersPage = graphql(`
  query AttackersPage($first: Int!, $after: Cursor, $search: String, $orderBy: AttackerOrder!) {
    attackers(first: $first, after: $after, search: $search, orderBy: $orderBy) {
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
          known {
            note
          }
        }
      }
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const credentialsPage = graphql(`
  query CredentialsPage($first: Int!, $after: Cursor, $search: String, $orderBy: CredentialOrder!) {
    credentials(first: $first, after: $after, search: $search, orderBy: $orderBy) {
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
`)

export const sessionsPage = graphql(`
  query SessionsPage($first: Int!, $after: Cursor, $search: String, $orderBy: SessionOrder!, $where: SessionWhereInput) {
    sessions(first: $first, after: $after, search: $search, where: $where, orderBy: $orderBy) {
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
`)

export const sessionDetail = graphql(`
  query SessionDetail($where: SessionWhereInput!) {
    sessions(first: 1, where: $where, orderBy: { field: STARTED_AT, direction: DESC }) {
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
`)

export const knownSources = graphql(`
  query KnownSources {
    knownSources {
      id
      network
      note
      createdBy
      createdAt
      expiresAt
      interactions
      lastSeenAt
    }
  }
`)

export const addKnownSource = graphql(`
  mutation AddKnownSource($input: AddKnownSourceInput!) {
    addKnownSource(input: $input) {
      knownSource {
        id
      }
    }
  }
`)

export const removeKnownSource = graphql(`
  mutation RemoveKnownSource($id: ID!) {
    removeKnownSource(id: $id) {
      id
    }
  }
`)

export const statsOf = graphql(`
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
`)

export const kindsOf = graphql(`
  query KindsOf($from: Time!) {
    interactionStats(from: $from) {
      byType(first: 100) {
        name
      }
    }
  }
`)

export const touchesOf = graphql(`
  query TouchesOf($from: Time!, $to: Time!, $decky: ID!) {
    interactionStats(from: $from, to: $to, where: { deckyID: $decky }) {
      overTime(bucket: "1h") {
        count
      }
    }
  }
`)

type NodeOf<List> = List extends Connection<infer Node> ? Node : never

export type Attacker = NodeOf<AttackersPageQuery['attackers']>
export type Credential = NodeOf<CredentialsPageQuery['credentials']>
export type Session = NodeOf<SessionsPageQuery['sessions']>
export type KnownSource = KnownSourcesQuery['knownSources'][number]
