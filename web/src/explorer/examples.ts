// What GraphiQL opens with: the fleet's story in operations that run as they are, one tab each.
export const examples: { query: string; variables?: string }[] = [
  {
    query: `# Deploys three deckies. It answers at once; the work happens behind it.
# With dryRun: true it answers with the plan and changes nothing.
mutation DeployThree {
  deploy(input: { deckies: [{ name: "shop", count: 3, archetype: "web-server" }] }) {
    lifecycleIds
    planned {
      name
      ip
      services
    }
  }
}
`,
  },
  {
    query: `# Watches every lifecycle, step by step: start it, then deploy or mutate in another tab or on the fleet's page.
# After a break, give the last cursor as \`after\`: nothing is missed, nothing comes twice.
subscription FollowLifecycles($after: String) {
  lifecycleUpdated(after: $after) {
    cursor
    seq
    status
    stage
    at
    lifecycle {
      id
      operation
      deckyName
      error {
        code
        message
      }
    }
  }
}
`,
  },
  {
    query: `# Gives a decky other services, so that what an intruder learned goes stale.
# Follow the answer's lifecycleIds with lifecycleUpdated(ids: …): that stream ends when the work does.
mutation Mutate($name: String!) {
  mutateDecky(input: { name: $name }) {
    lifecycleIds
    decky {
      services
      generation
    }
  }
}
`,
    variables: '{ "name": "shop-01" }',
  },
  {
    query: `# The fleet, live: each decky as it is, then again after each change.
subscription WatchFleet {
  deckyUpdated {
    name
    state
    services
    observedServices
    generation
    observedGeneration
    endpoints {
      service
      address
      port
      proto
    }
  }
}
`,
  },
  {
    query: `# What intruders did, newest last. Live: subscription { interactionRecorded { … } }
query Interactions {
  interactions(last: 20) {
    edges {
      node {
        at
        deckyName
        service
        type
        sourceIP
        sourcePort
        principal
        secret
        command
        message
        fields {
          name
          value
        }
      }
    }
  }
}
`,
  },
]
