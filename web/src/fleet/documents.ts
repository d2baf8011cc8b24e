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
    interactions(last: $last) {
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
    service
    deckyName
    deploymentName
    sourceIP
    sourcePort
    destPort
    session
    principal
    secret
    command
    outcome
    message
  }
`)

export const interactionRecorded = graphql(`
  subscription InteractionRecorded($after: String) {
    interactionRecorded(after: $after) {
      ...InteractionFacts
    }
  }
`)

export const archetypes = graphql(`
  query Archetypes {
    archetypes {
      slug
      name
      description
      available
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
        hostname
        services
      }
    }
  }
`)

export const mutateDecky = graphql(`
  mutation MutateDecky($input: MutateDeckyInput!) {
    mutateDecky(input: $input) {
      lifecycleIds
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
