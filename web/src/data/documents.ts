// Everything the fleet's page asks the API for.
import { graphql } from '../gql'
import type { TypedDocumentString } from '../gql/graphql'

export const deckyIds = graphql(`
  query DeckyIds($first: Int!, $after: Cursor) {
    deckies(first: $first, after: $after) {
      edges {
        node {
          id
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const deckyUpdated = graphql(`
  subscription DeckyUpdated {
    deckyUpdated {
      id
      name
      hostname
      archetype
      state
      services
      observedServices
      generation
      observedGeneration
      ip
      lastMutatedAt
      nextMutationAt
      endpoints {
        service
        proto
        address
        port
      }
      deployment {
        name
      }
    }
  }
`)

export const journalCursor = graphql(`
  query JournalCursor {
    journalCursor
  }
`)

export const lifecycleHistory = graphql(`
  query LifecycleHistory($first: Int!) {
    lifecycles(first: $first, orderBy: { field: CREATED_AT, direction: DESC }) {
      edges {
        node {
          ...LifecycleFacts
        }
      }
    }
  }

  fragment LifecycleFacts on Lifecycle {
    id
    deckyName
    deploymentName
    operation
    status
    stage
    attempt
    trigger
    actor
    fromServices
    toServices
    createdAt
    completedAt
    error {
      code
      message
      detail
    }
  }
`)

export const lifecycleUpdated = graphql(`
  subscription LifecycleUpdated($after: String) {
    lifecycleUpdated(after: $after) {
      cursor
      seq
      status
      stage
      attempt
      at
      lifecycle {
        ...LifecycleFacts
      }
    }
  }
`)

export const interactionHistory = graphql(`
  query InteractionHistory($last: Int!) {
    interactions(last: $last, where: { originNEQ: KNOWN }) {
      edges {
        node {
          ...InteractionFacts
        }
      }
    }
  }

  fragment InteractionFacts on Interaction {
    id
    cursor
    at
    type
    origin
    service
    deckyName
    deploymentName
    sourceIP
    sourcePort
    destPort
    session
    principal
    credentialID
    secret
    command
    outcome
    message
  }
`)

export const interactionRecorded = graphql(`
  subscription InteractionRecorded($after: String) {
    interactionRecorded(after: $after, where: { origins: [INTRUDER, CHECK] }) {
      ...InteractionFacts
    }
  }
`)

export const catalog = graphql(`
  query Catalog {
    archetypes {
      slug
      name
      description
      services
      os
      available
    }
    services {
      slug
      name
      description
      category
      available
    }
  }
`)

export const deployments = graphql(`
  query Deployments {
    deployments(first: 100) {
      edges {
        node {
          id
          name
          mutateInterval
          network {
            driver
            subnet
            gateway
            parent
          }
        }
      }
    }
  }
`)

export const server = graphql(`
  query Server {
    server {
      engine
      limits {
        deckiesPerDeploy
        servicesPerDecky
      }
    }
  }
`)

export const deploy = graphql(`
  mutation Deploy($input: DeployInput!) {
    deploy(input: $input) {
      lifecycleIds
      planned {
        id
        name
        ip
        mac
        hostname
        os
        services
      }
    }
  }
`)

export const mutateDecky = graphql(`
  mutation MutateDecky($input: MutateDeckyInput!) {
    mutateDecky(input: $input) {
      lifecycleIds
      decky {
        services
      }
    }
  }
`)

export const setMutateInterval = graphql(`
  mutation SetMutateInterval($input: SetMutateIntervalInput!) {
    setMutateInterval(input: $input) {
      deployment {
        id
        mutateInterval
      }
    }
  }
`)

export const retryLifecycle = graphql(`
  mutation RetryLifecycle($id: ID!) {
    retryLifecycle(id: $id) {
      lifecycleIds
    }
  }
`)

export const cancelLifecycle = graphql(`
  mutation CancelLifecycle($id: ID!) {
    cancelLifecycle(id: $id) {
      lifecycle {
        id
      }
    }
  }
`)

export const lifecyclesPage = graphql(`
  query LifecyclesPage($first: Int!, $after: Cursor, $where: LifecycleWhereInput) {
    lifecycles(first: $first, after: $after, where: $where, orderBy: { field: CREATED_AT, direction: DESC }) {
      edges {
        node {
          ...LifecycleFacts
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const lifecyclesByIds = graphql(`
  query LifecyclesByIds($ids: [ID!]!, $first: Int!) {
    lifecycles(ids: $ids, first: $first) {
      edges {
        node {
          ...LifecycleFacts
        }
      }
    }
  }
`)

export const lifecycleDetail = graphql(`
  query LifecycleDetail($id: ID!) {
    lifecycles(ids: [$id], first: 1) {
      edges {
        node {
          ...LifecycleFacts
          startedAt
          traceId
          supersededBy {
            id
          }
          retryOf {
            id
          }
        }
      }
    }
  }
`)

export const lifecycleEvents = graphql(`
  query LifecycleEvents($ids: [ID!]!, $after: String, $first: Int!) {
    lifecycleEvents(ids: $ids, after: $after, first: $first) {
      events {
        cursor
        seq
        status
        stage
        attempt
        at
        lifecycle {
          ...LifecycleFacts
        }
      }
      cursor
      hasNextPage
    }
  }
`)

export const lifecyclesFollowed = graphql(`
  subscription LifecyclesFollowed($ids: [ID!]!, $after: String) {
    lifecycleUpdated(ids: $ids, after: $after) {
      cursor
      seq
      status
      stage
      attempt
      at
      lifecycle {
        ...LifecycleFacts
      }
    }
  }
`)

export const interactionsPage = graphql(`
  query InteractionsPage($first: Int!, $after: Cursor, $where: InteractionWhereInput) {
    interactions(first: $first, after: $after, where: $where, orderBy: { field: AT, direction: DESC }) {
      edges {
        node {
          ...InteractionFacts
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const deckyDetail = graphql(`
  query DeckyDetail($deployment: String!, $name: String!) {
    decky(deployment: $deployment, name: $name) {
      id
      name
      mac
      distro
      os
      createdAt
      mutateInterval
      repair {
        failures
        nextAt
        gaveUp
      }
      deployment {
        id
        name
        mutateInterval
        network {
          driver
          subnet
        }
      }
    }
  }
`)

export const teardown = graphql(`
  mutation Teardown($input: TeardownInput!) {
    teardown(input: $input) {
      lifecycleIds
    }
  }
`)

type ResultOf<D> = D extends TypedDocumentString<infer Result, never> ? Result : never

export type Decky = ResultOf<typeof deckyUpdated>['deckyUpdated']
export type LifecycleEvent = ResultOf<typeof lifecycleUpdated>['lifecycleUpdated']
export type Lifecycle = LifecycleEvent['lifecycle']
export type Interaction = ResultOf<typeof interactionRecorded>['interactionRecorded']
export type Catalog = ResultOf<typeof catalog>
export type Planned = ResultOf<typeof deploy>['deploy']['planned'][number]
