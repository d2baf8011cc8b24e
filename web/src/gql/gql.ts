/* eslint-disable */
import * as types from './graphql.js';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  query Users {\n    users {\n      username\n      role\n      disabled\n      passwordDue\n      external\n      createdAt\n    }\n  }\n": typeof types.UsersDocument,
    "\n  mutation CreateUser($input: CreateUserInput!) {\n    createUser(input: $input) {\n      user {\n        username\n      }\n      password\n    }\n  }\n": typeof types.CreateUserDocument,
    "\n  mutation UpdateUser($input: UpdateUserInput!) {\n    updateUser(input: $input) {\n      user {\n        username\n      }\n      password\n    }\n  }\n": typeof types.UpdateUserDocument,
    "\n  mutation DeleteUser($username: String!) {\n    deleteUser(username: $username) {\n      username\n    }\n  }\n": typeof types.DeleteUserDocument,
    "\n  query Tokens($username: String) {\n    tokens(username: $username) {\n      id\n      kind\n      name\n      role\n      peer\n      createdAt\n      lastUsedAt\n      expiresAt\n      current\n    }\n  }\n": typeof types.TokensDocument,
    "\n  mutation CreateToken($input: CreateTokenInput!) {\n    createToken(input: $input) {\n      secret\n    }\n  }\n": typeof types.CreateTokenDocument,
    "\n  mutation EndToken($id: ID!) {\n    endToken(id: $id) {\n      id\n    }\n  }\n": typeof types.EndTokenDocument,
    "\n  query AuditPage($first: Int!, $after: Cursor, $where: AuditEntryWhereInput) {\n    auditLog(first: $first, after: $after, where: $where, orderBy: { field: AT, direction: DESC }) {\n      edges {\n        node {\n          id\n          at\n          actor\n          peer\n          action\n          result\n          detail\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.AuditPageDocument,
    "\n  query DeckyIds($first: Int!, $after: Cursor) {\n    deckies(first: $first, after: $after) {\n      edges {\n        node {\n          id\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.DeckyIdsDocument,
    "\n  subscription DeckyUpdated {\n    deckyUpdated {\n      id\n      name\n      hostname\n      archetype\n      state\n      services\n      observedServices\n      generation\n      observedGeneration\n      ip\n      lastMutatedAt\n      nextMutationAt\n      endpoints {\n        service\n        proto\n        address\n        port\n      }\n      deployment {\n        name\n      }\n    }\n  }\n": typeof types.DeckyUpdatedDocument,
    "\n  query JournalCursor {\n    journalCursor\n  }\n": typeof types.JournalCursorDocument,
    "\n  query LifecycleHistory($first: Int!) {\n    lifecycles(first: $first, orderBy: { field: CREATED_AT, direction: DESC }) {\n      edges {\n        node {\n          ...LifecycleFacts\n        }\n      }\n    }\n  }\n\n  fragment LifecycleFacts on Lifecycle {\n    id\n    deckyName\n    deploymentName\n    operation\n    status\n    stage\n    attempt\n    trigger\n    actor\n    fromServices\n    toServices\n    createdAt\n    completedAt\n    error {\n      code\n      message\n      detail\n    }\n  }\n": typeof types.LifecycleHistoryDocument,
    "\n  subscription LifecycleUpdated($after: String) {\n    lifecycleUpdated(after: $after) {\n      cursor\n      seq\n      status\n      stage\n      attempt\n      at\n      lifecycle {\n        ...LifecycleFacts\n      }\n    }\n  }\n": typeof types.LifecycleUpdatedDocument,
    "\n  query InteractionHistory($last: Int!) {\n    interactions(last: $last, where: { originNEQ: KNOWN }) {\n      edges {\n        node {\n          ...InteractionFacts\n        }\n      }\n    }\n  }\n\n  fragment InteractionFacts on Interaction {\n    id\n    cursor\n    at\n    type\n    origin\n    service\n    deckyName\n    deploymentName\n    sourceIP\n    sourcePort\n    destPort\n    session\n    principal\n    credentialID\n    secret\n    command\n    outcome\n    message\n  }\n": typeof types.InteractionHistoryDocument,
    "\n  subscription InteractionRecorded($after: String) {\n    interactionRecorded(after: $after, where: { origins: [INTRUDER, CHECK] }) {\n      ...InteractionFacts\n    }\n  }\n": typeof types.InteractionRecordedDocument,
    "\n  query Catalog {\n    archetypes {\n      slug\n      name\n      description\n      services\n      os\n      available\n    }\n    services {\n      slug\n      name\n      description\n      category\n      available\n    }\n  }\n": typeof types.CatalogDocument,
    "\n  query Deployments {\n    deployments(first: 100) {\n      edges {\n        node {\n          id\n          name\n          mutateInterval\n          network {\n            driver\n            subnet\n            gateway\n            parent\n          }\n        }\n      }\n    }\n  }\n": typeof types.DeploymentsDocument,
    "\n  query Server {\n    server {\n      engine\n      limits {\n        deckiesPerDeploy\n        servicesPerDecky\n      }\n    }\n  }\n": typeof types.ServerDocument,
    "\n  mutation Deploy($input: DeployInput!) {\n    deploy(input: $input) {\n      lifecycleIds\n      planned {\n        id\n        name\n        ip\n        mac\n        hostname\n        os\n        services\n      }\n    }\n  }\n": typeof types.DeployDocument,
    "\n  mutation MutateDecky($input: MutateDeckyInput!) {\n    mutateDecky(input: $input) {\n      lifecycleIds\n      decky {\n        services\n      }\n    }\n  }\n": typeof types.MutateDeckyDocument,
    "\n  mutation SetMutateInterval($input: SetMutateIntervalInput!) {\n    setMutateInterval(input: $input) {\n      deployment {\n        id\n        mutateInterval\n      }\n    }\n  }\n": typeof types.SetMutateIntervalDocument,
    "\n  mutation RetryLifecycle($id: ID!) {\n    retryLifecycle(id: $id) {\n      lifecycleIds\n    }\n  }\n": typeof types.RetryLifecycleDocument,
    "\n  mutation CancelLifecycle($id: ID!) {\n    cancelLifecycle(id: $id) {\n      lifecycle {\n        id\n      }\n    }\n  }\n": typeof types.CancelLifecycleDocument,
    "\n  query LifecyclesPage($first: Int!, $after: Cursor, $where: LifecycleWhereInput) {\n    lifecycles(first: $first, after: $after, where: $where, orderBy: { field: CREATED_AT, direction: DESC }) {\n      edges {\n        node {\n          ...LifecycleFacts\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.LifecyclesPageDocument,
    "\n  query LifecyclesByIds($ids: [ID!]!, $first: Int!) {\n    lifecycles(ids: $ids, first: $first) {\n      edges {\n        node {\n          ...LifecycleFacts\n        }\n      }\n    }\n  }\n": typeof types.LifecyclesByIdsDocument,
    "\n  query LifecycleDetail($id: ID!) {\n    lifecycles(ids: [$id], first: 1) {\n      edges {\n        node {\n          ...LifecycleFacts\n          startedAt\n          traceId\n          supersededBy {\n            id\n          }\n          retryOf {\n            id\n          }\n        }\n      }\n    }\n  }\n": typeof types.LifecycleDetailDocument,
    "\n  query LifecycleEvents($ids: [ID!]!, $after: String, $first: Int!) {\n    lifecycleEvents(ids: $ids, after: $after, first: $first) {\n      events {\n        cursor\n        seq\n        status\n        stage\n        attempt\n        at\n        lifecycle {\n          ...LifecycleFacts\n        }\n      }\n      cursor\n      hasNextPage\n    }\n  }\n": typeof types.LifecycleEventsDocument,
    "\n  subscription LifecyclesFollowed($ids: [ID!]!, $after: String) {\n    lifecycleUpdated(ids: $ids, after: $after) {\n      cursor\n      seq\n      status\n      stage\n      attempt\n      at\n      lifecycle {\n        ...LifecycleFacts\n      }\n    }\n  }\n": typeof types.LifecyclesFollowedDocument,
    "\n  query InteractionsPage($first: Int!, $after: Cursor, $where: InteractionWhereInput) {\n    interactions(first: $first, after: $after, where: $where, orderBy: { field: AT, direction: DESC }) {\n      edges {\n        node {\n          ...InteractionFacts\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.InteractionsPageDocument,
    "\n  query DeckyDetail($deployment: String!, $name: String!) {\n    decky(deployment: $deployment, name: $name) {\n      id\n      name\n      mac\n      distro\n      os\n      createdAt\n      mutateInterval\n      repair {\n        failures\n        nextAt\n        gaveUp\n      }\n      deployment {\n        id\n        name\n        mutateInterval\n        network {\n          driver\n          subnet\n        }\n      }\n    }\n  }\n": typeof types.DeckyDetailDocument,
    "\n  mutation Teardown($input: TeardownInput!) {\n    teardown(input: $input) {\n      lifecycleIds\n    }\n  }\n": typeof types.TeardownDocument,
    "\n  query Realism($deployment: String!, $name: String!) {\n    decky(deployment: $deployment, name: $name) {\n      id\n      realism {\n        status\n        by\n        startedAt\n        finishedAt\n        problem\n        probed\n        unreachable\n        findings {\n          service\n          tell\n          severity\n          detail\n        }\n      }\n    }\n  }\n": typeof types.RealismDocument,
    "\n  mutation CheckDecky($input: CheckDeckyInput!) {\n    checkDecky(input: $input) {\n      decky {\n        id\n      }\n    }\n  }\n": typeof types.CheckDeckyDocument,
    "\n  query ChosenSettings($deployment: String!, $name: String!) {\n    decky(deployment: $deployment, name: $name) {\n      id\n      generation\n      settings {\n        service\n        key\n        value\n      }\n    }\n  }\n": typeof types.ChosenSettingsDocument,
    "\n  query ServiceSettings {\n    services {\n      slug\n      name\n      settings {\n        key\n        help\n        type\n        secret\n        choices\n        min\n        max\n      }\n    }\n  }\n": typeof types.ServiceSettingsDocument,
    "\n  query AttackersPage($first: Int!, $after: Cursor, $search: String, $orderBy: AttackerOrder!) {\n    attackers(first: $first, after: $after, search: $search, orderBy: $orderBy) {\n      edges {\n        node {\n          id\n          address\n          firstSeenAt\n          lastSeenAt\n          interactions\n          sessions\n          attempts\n          commands\n          deckies\n          services\n          known {\n            note\n          }\n        }\n      }\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.AttackersPageDocument,
    "\n  query CredentialsPage($first: Int!, $after: Cursor, $search: String, $orderBy: CredentialOrder!) {\n    credentials(first: $first, after: $after, search: $search, orderBy: $orderBy) {\n      edges {\n        node {\n          id\n          service\n          kind\n          principal\n          secret\n          attempts\n          accepted\n          lastSeenAt\n          lastSourceIP\n        }\n      }\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.CredentialsPageDocument,
    "\n  query SessionsPage($first: Int!, $after: Cursor, $search: String, $orderBy: SessionOrder!, $where: SessionWhereInput) {\n    sessions(first: $first, after: $after, search: $search, where: $where, orderBy: $orderBy) {\n      edges {\n        node {\n          id\n          key\n          deckyName\n          deploymentName\n          service\n          sourceIP\n          startedAt\n          lastAt\n          endedAt\n          principal\n          authenticated\n          interactions\n          commands\n          recorded\n        }\n      }\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.SessionsPageDocument,
    "\n  query SessionDetail($where: SessionWhereInput!) {\n    sessions(first: 1, where: $where, orderBy: { field: STARTED_AT, direction: DESC }) {\n      edges {\n        node {\n          id\n          key\n          deckyName\n          deploymentName\n          service\n          sourceIP\n          startedAt\n          lastAt\n          endedAt\n          principal\n          authenticated\n          recording\n        }\n      }\n    }\n  }\n": typeof types.SessionDetailDocument,
    "\n  query KnownSources {\n    knownSources {\n      id\n      network\n      note\n      createdBy\n      createdAt\n      expiresAt\n      interactions\n      lastSeenAt\n    }\n  }\n": typeof types.KnownSourcesDocument,
    "\n  mutation AddKnownSource($input: AddKnownSourceInput!) {\n    addKnownSource(input: $input) {\n      knownSource {\n        id\n      }\n    }\n  }\n": typeof types.AddKnownSourceDocument,
    "\n  mutation RemoveKnownSource($id: ID!) {\n    removeKnownSource(id: $id) {\n      id\n    }\n  }\n": typeof types.RemoveKnownSourceDocument,
    "\n  query StatsOf($from: Time!, $to: Time!, $bucket: Duration!, $where: InteractionWhereInput) {\n    interactionStats(from: $from, to: $to, where: $where) {\n      total\n      attackers\n      overTime(bucket: $bucket) {\n        at\n        count\n      }\n      byService(first: 7) {\n        name\n        count\n      }\n      topAttackers(first: 7) {\n        name\n        count\n      }\n    }\n  }\n": typeof types.StatsOfDocument,
    "\n  query KindsOf($from: Time!) {\n    interactionStats(from: $from) {\n      byType(first: 100) {\n        name\n      }\n    }\n  }\n": typeof types.KindsOfDocument,
    "\n  query TouchesOf($from: Time!, $to: Time!, $decky: ID!) {\n    interactionStats(from: $from, to: $to, where: { deckyID: $decky }) {\n      overTime(bucket: \"1h\") {\n        count\n      }\n    }\n  }\n": typeof types.TouchesOfDocument,
    "\n  query InteractionFields($id: ID!) {\n    node(id: $id) {\n      ... on Interaction {\n        id\n        fields {\n          name\n          value\n          base64\n        }\n      }\n    }\n  }\n": typeof types.InteractionFieldsDocument,
    "\n  query Viewer {\n    viewer {\n      username\n      role\n      passwordDue\n      external\n    }\n  }\n": typeof types.ViewerDocument,
    "\n  mutation Login($username: String!, $password: String!) {\n    login(username: $username, password: $password) {\n      token\n      expiresAt\n      viewer {\n        username\n        role\n        passwordDue\n        external\n      }\n    }\n  }\n": typeof types.LoginDocument,
    "\n  mutation ChangePassword($current: String!, $new: String!) {\n    changePassword(current: $current, new: $new) {\n      ok\n    }\n  }\n": typeof types.ChangePasswordDocument,
    "\n  mutation Logout {\n    logout {\n      ok\n    }\n  }\n": typeof types.LogoutDocument,
};
const documents: Documents = {
    "\n  query Users {\n    users {\n      username\n      role\n      disabled\n      passwordDue\n      external\n      createdAt\n    }\n  }\n": types.UsersDocument,
    "\n  mutation CreateUser($input: CreateUserInput!) {\n    createUser(input: $input) {\n      user {\n        username\n      }\n      password\n    }\n  }\n": types.CreateUserDocument,
    "\n  mutation UpdateUser($input: UpdateUserInput!) {\n    updateUser(input: $input) {\n      user {\n        username\n      }\n      password\n    }\n  }\n": types.UpdateUserDocument,
    "\n  mutation DeleteUser($username: String!) {\n    deleteUser(username: $username) {\n      username\n    }\n  }\n": types.DeleteUserDocument,
    "\n  query Tokens($username: String) {\n    tokens(username: $username) {\n      id\n      kind\n      name\n      role\n      peer\n      createdAt\n      lastUsedAt\n      expiresAt\n      current\n    }\n  }\n": types.TokensDocument,
    "\n  mutation CreateToken($input: CreateTokenInput!) {\n    createToken(input: $input) {\n      secret\n    }\n  }\n": types.CreateTokenDocument,
    "\n  mutation EndToken($id: ID!) {\n    endToken(id: $id) {\n      id\n    }\n  }\n": types.EndTokenDocument,
    "\n  query AuditPage($first: Int!, $after: Cursor, $where: AuditEntryWhereInput) {\n    auditLog(first: $first, after: $after, where: $where, orderBy: { field: AT, direction: DESC }) {\n      edges {\n        node {\n          id\n          at\n          actor\n          peer\n          action\n          result\n          detail\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.AuditPageDocument,
    "\n  query DeckyIds($first: Int!, $after: Cursor) {\n    deckies(first: $first, after: $after) {\n      edges {\n        node {\n          id\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.DeckyIdsDocument,
    "\n  subscription DeckyUpdated {\n    deckyUpdated {\n      id\n      name\n      hostname\n      archetype\n      state\n      services\n      observedServices\n      generation\n      observedGeneration\n      ip\n      lastMutatedAt\n      nextMutationAt\n      endpoints {\n        service\n        proto\n        address\n        port\n      }\n      deployment {\n        name\n      }\n    }\n  }\n": types.DeckyUpdatedDocument,
    "\n  query JournalCursor {\n    journalCursor\n  }\n": types.JournalCursorDocument,
    "\n  query LifecycleHistory($first: Int!) {\n    lifecycles(first: $first, orderBy: { field: CREATED_AT, direction: DESC }) {\n      edges {\n        node {\n          ...LifecycleFacts\n        }\n      }\n    }\n  }\n\n  fragment LifecycleFacts on Lifecycle {\n    id\n    deckyName\n    deploymentName\n    operation\n    status\n    stage\n    attempt\n    trigger\n    actor\n    fromServices\n    toServices\n    createdAt\n    completedAt\n    error {\n      code\n      message\n      detail\n    }\n  }\n": types.LifecycleHistoryDocument,
    "\n  subscription LifecycleUpdated($after: String) {\n    lifecycleUpdated(after: $after) {\n      cursor\n      seq\n      status\n      stage\n      attempt\n      at\n      lifecycle {\n        ...LifecycleFacts\n      }\n    }\n  }\n": types.LifecycleUpdatedDocument,
    "\n  query InteractionHistory($last: Int!) {\n    interactions(last: $last, where: { originNEQ: KNOWN }) {\n      edges {\n        node {\n          ...InteractionFacts\n        }\n      }\n    }\n  }\n\n  fragment InteractionFacts on Interaction {\n    id\n    cursor\n    at\n    type\n    origin\n    service\n    deckyName\n    deploymentName\n    sourceIP\n    sourcePort\n    destPort\n    session\n    principal\n    credentialID\n    secret\n    command\n    outcome\n    message\n  }\n": types.InteractionHistoryDocument,
    "\n  subscription InteractionRecorded($after: String) {\n    interactionRecorded(after: $after, where: { origins: [INTRUDER, CHECK] }) {\n      ...InteractionFacts\n    }\n  }\n": types.InteractionRecordedDocument,
    "\n  query Catalog {\n    archetypes {\n      slug\n      name\n      description\n      services\n      os\n      available\n    }\n    services {\n      slug\n      name\n      description\n      category\n      available\n    }\n  }\n": types.CatalogDocument,
    "\n  query Deployments {\n    deployments(first: 100) {\n      edges {\n        node {\n          id\n          name\n          mutateInterval\n          network {\n            driver\n            subnet\n            gateway\n            parent\n          }\n        }\n      }\n    }\n  }\n": types.DeploymentsDocument,
    "\n  query Server {\n    server {\n      engine\n      limits {\n        deckiesPerDeploy\n        servicesPerDecky\n      }\n    }\n  }\n": types.ServerDocument,
    "\n  mutation Deploy($input: DeployInput!) {\n    deploy(input: $input) {\n      lifecycleIds\n      planned {\n        id\n        name\n        ip\n        mac\n        hostname\n        os\n        services\n      }\n    }\n  }\n": types.DeployDocument,
    "\n  mutation MutateDecky($input: MutateDeckyInput!) {\n    mutateDecky(input: $input) {\n      lifecycleIds\n      decky {\n        services\n      }\n    }\n  }\n": types.MutateDeckyDocument,
    "\n  mutation SetMutateInterval($input: SetMutateIntervalInput!) {\n    setMutateInterval(input: $input) {\n      deployment {\n        id\n        mutateInterval\n      }\n    }\n  }\n": types.SetMutateIntervalDocument,
    "\n  mutation RetryLifecycle($id: ID!) {\n    retryLifecycle(id: $id) {\n      lifecycleIds\n    }\n  }\n": types.RetryLifecycleDocument,
    "\n  mutation CancelLifecycle($id: ID!) {\n    cancelLifecycle(id: $id) {\n      lifecycle {\n        id\n      }\n    }\n  }\n": types.CancelLifecycleDocument,
    "\n  query LifecyclesPage($first: Int!, $after: Cursor, $where: LifecycleWhereInput) {\n    lifecycles(first: $first, after: $after, where: $where, orderBy: { field: CREATED_AT, direction: DESC }) {\n      edges {\n        node {\n          ...LifecycleFacts\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.LifecyclesPageDocument,
    "\n  query LifecyclesByIds($ids: [ID!]!, $first: Int!) {\n    lifecycles(ids: $ids, first: $first) {\n      edges {\n        node {\n          ...LifecycleFacts\n        }\n      }\n    }\n  }\n": types.LifecyclesByIdsDocument,
    "\n  query LifecycleDetail($id: ID!) {\n    lifecycles(ids: [$id], first: 1) {\n      edges {\n        node {\n          ...LifecycleFacts\n          startedAt\n          traceId\n          supersededBy {\n            id\n          }\n          retryOf {\n            id\n          }\n        }\n      }\n    }\n  }\n": types.LifecycleDetailDocument,
    "\n  query LifecycleEvents($ids: [ID!]!, $after: String, $first: Int!) {\n    lifecycleEvents(ids: $ids, after: $after, first: $first) {\n      events {\n        cursor\n        seq\n        status\n        stage\n        attempt\n        at\n        lifecycle {\n          ...LifecycleFacts\n        }\n      }\n      cursor\n      hasNextPage\n    }\n  }\n": types.LifecycleEventsDocument,
    "\n  subscription LifecyclesFollowed($ids: [ID!]!, $after: String) {\n    lifecycleUpdated(ids: $ids, after: $after) {\n      cursor\n      seq\n      status\n      stage\n      attempt\n      at\n      lifecycle {\n        ...LifecycleFacts\n      }\n    }\n  }\n": types.LifecyclesFollowedDocument,
    "\n  query InteractionsPage($first: Int!, $after: Cursor, $where: InteractionWhereInput) {\n    interactions(first: $first, after: $after, where: $where, orderBy: { field: AT, direction: DESC }) {\n      edges {\n        node {\n          ...InteractionFacts\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.InteractionsPageDocument,
    "\n  query DeckyDetail($deployment: String!, $name: String!) {\n    decky(deployment: $deployment, name: $name) {\n      id\n      name\n      mac\n      distro\n      os\n      createdAt\n      mutateInterval\n      repair {\n        failures\n        nextAt\n        gaveUp\n      }\n      deployment {\n        id\n        name\n        mutateInterval\n        network {\n          driver\n          subnet\n        }\n      }\n    }\n  }\n": types.DeckyDetailDocument,
    "\n  mutation Teardown($input: TeardownInput!) {\n    teardown(input: $input) {\n      lifecycleIds\n    }\n  }\n": types.TeardownDocument,
    "\n  query Realism($deployment: String!, $name: String!) {\n    decky(deployment: $deployment, name: $name) {\n      id\n      realism {\n        status\n        by\n        startedAt\n        finishedAt\n        problem\n        probed\n        unreachable\n        findings {\n          service\n          tell\n          severity\n          detail\n        }\n      }\n    }\n  }\n": types.RealismDocument,
    "\n  mutation CheckDecky($input: CheckDeckyInput!) {\n    checkDecky(input: $input) {\n      decky {\n        id\n      }\n    }\n  }\n": types.CheckDeckyDocument,
    "\n  query ChosenSettings($deployment: String!, $name: String!) {\n    decky(deployment: $deployment, name: $name) {\n      id\n      generation\n      settings {\n        service\n        key\n        value\n      }\n    }\n  }\n": types.ChosenSettingsDocument,
    "\n  query ServiceSettings {\n    services {\n      slug\n      name\n      settings {\n        key\n        help\n        type\n        secret\n        choices\n        min\n        max\n      }\n    }\n  }\n": types.ServiceSettingsDocument,
    "\n  query AttackersPage($first: Int!, $after: Cursor, $search: String, $orderBy: AttackerOrder!) {\n    attackers(first: $first, after: $after, search: $search, orderBy: $orderBy) {\n      edges {\n        node {\n          id\n          address\n          firstSeenAt\n          lastSeenAt\n          interactions\n          sessions\n          attempts\n          commands\n          deckies\n          services\n          known {\n            note\n          }\n        }\n      }\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.AttackersPageDocument,
    "\n  query CredentialsPage($first: Int!, $after: Cursor, $search: String, $orderBy: CredentialOrder!) {\n    credentials(first: $first, after: $after, search: $search, orderBy: $orderBy) {\n      edges {\n        node {\n          id\n          service\n          kind\n          principal\n          secret\n          attempts\n          accepted\n          lastSeenAt\n          lastSourceIP\n        }\n      }\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.CredentialsPageDocument,
    "\n  query SessionsPage($first: Int!, $after: Cursor, $search: String, $orderBy: SessionOrder!, $where: SessionWhereInput) {\n    sessions(first: $first, after: $after, search: $search, where: $where, orderBy: $orderBy) {\n      edges {\n        node {\n          id\n          key\n          deckyName\n          deploymentName\n          service\n          sourceIP\n          startedAt\n          lastAt\n          endedAt\n          principal\n          authenticated\n          interactions\n          commands\n          recorded\n        }\n      }\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.SessionsPageDocument,
    "\n  query SessionDetail($where: SessionWhereInput!) {\n    sessions(first: 1, where: $where, orderBy: { field: STARTED_AT, direction: DESC }) {\n      edges {\n        node {\n          id\n          key\n          deckyName\n          deploymentName\n          service\n          sourceIP\n          startedAt\n          lastAt\n          endedAt\n          principal\n          authenticated\n          recording\n        }\n      }\n    }\n  }\n": types.SessionDetailDocument,
    "\n  query KnownSources {\n    knownSources {\n      id\n      network\n      note\n      createdBy\n      createdAt\n      expiresAt\n      interactions\n      lastSeenAt\n    }\n  }\n": types.KnownSourcesDocument,
    "\n  mutation AddKnownSource($input: AddKnownSourceInput!) {\n    addKnownSource(input: $input) {\n      knownSource {\n        id\n      }\n    }\n  }\n": types.AddKnownSourceDocument,
    "\n  mutation RemoveKnownSource($id: ID!) {\n    removeKnownSource(id: $id) {\n      id\n    }\n  }\n": types.RemoveKnownSourceDocument,
    "\n  query StatsOf($from: Time!, $to: Time!, $bucket: Duration!, $where: InteractionWhereInput) {\n    interactionStats(from: $from, to: $to, where: $where) {\n      total\n      attackers\n      overTime(bucket: $bucket) {\n        at\n        count\n      }\n      byService(first: 7) {\n        name\n        count\n      }\n      topAttackers(first: 7) {\n        name\n        count\n      }\n    }\n  }\n": types.StatsOfDocument,
    "\n  query KindsOf($from: Time!) {\n    interactionStats(from: $from) {\n      byType(first: 100) {\n        name\n      }\n    }\n  }\n": types.KindsOfDocument,
    "\n  query TouchesOf($from: Time!, $to: Time!, $decky: ID!) {\n    interactionStats(from: $from, to: $to, where: { deckyID: $decky }) {\n      overTime(bucket: \"1h\") {\n        count\n      }\n    }\n  }\n": types.TouchesOfDocument,
    "\n  query InteractionFields($id: ID!) {\n    node(id: $id) {\n      ... on Interaction {\n        id\n        fields {\n          name\n          value\n          base64\n        }\n      }\n    }\n  }\n": types.InteractionFieldsDocument,
    "\n  query Viewer {\n    viewer {\n      username\n      role\n      passwordDue\n      external\n    }\n  }\n": types.ViewerDocument,
    "\n  mutation Login($username: String!, $password: String!) {\n    login(username: $username, password: $password) {\n      token\n      expiresAt\n      viewer {\n        username\n        role\n        passwordDue\n        external\n      }\n    }\n  }\n": types.LoginDocument,
    "\n  mutation ChangePassword($current: String!, $new: String!) {\n    changePassword(current: $current, new: $new) {\n      ok\n    }\n  }\n": types.ChangePasswordDocument,
    "\n  mutation Logout {\n    logout {\n      ok\n    }\n  }\n": types.LogoutDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Users {\n    users {\n      username\n      role\n      disabled\n      passwordDue\n      external\n      createdAt\n    }\n  }\n"): typeof import('./graphql.js').UsersDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateUser($input: CreateUserInput!) {\n    createUser(input: $input) {\n      user {\n        username\n      }\n      password\n    }\n  }\n"): typeof import('./graphql.js').CreateUserDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateUser($input: UpdateUserInput!) {\n    updateUser(input: $input) {\n      user {\n        username\n      }\n      password\n    }\n  }\n"): typeof import('./graphql.js').UpdateUserDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteUser($username: String!) {\n    deleteUser(username: $username) {\n      username\n    }\n  }\n"): typeof import('./graphql.js').DeleteUserDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Tokens($username: String) {\n    tokens(username: $username) {\n      id\n      kind\n      name\n      role\n      peer\n      createdAt\n      lastUsedAt\n      expiresAt\n      current\n    }\n  }\n"): typeof import('./graphql.js').TokensDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateToken($input: CreateTokenInput!) {\n    createToken(input: $input) {\n      secret\n    }\n  }\n"): typeof import('./graphql.js').CreateTokenDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation EndToken($id: ID!) {\n    endToken(id: $id) {\n      id\n    }\n  }\n"): typeof import('./graphql.js').EndTokenDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query AuditPage($first: Int!, $after: Cursor, $where: AuditEntryWhereInput) {\n    auditLog(first: $first, after: $after, where: $where, orderBy: { field: AT, direction: DESC }) {\n      edges {\n        node {\n          id\n          at\n          actor\n          peer\n          action\n          result\n          detail\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.js').AuditPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query DeckyIds($first: Int!, $after: Cursor) {\n    deckies(first: $first, after: $after) {\n      edges {\n        node {\n          id\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.js').DeckyIdsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription DeckyUpdated {\n    deckyUpdated {\n      id\n      name\n      hostname\n      archetype\n      state\n      services\n      observedServices\n      generation\n      observedGeneration\n      ip\n      lastMutatedAt\n      nextMutationAt\n      endpoints {\n        service\n        proto\n        address\n        port\n      }\n      deployment {\n        name\n      }\n    }\n  }\n"): typeof import('./graphql.js').DeckyUpdatedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query JournalCursor {\n    journalCursor\n  }\n"): typeof import('./graphql.js').JournalCursorDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query LifecycleHistory($first: Int!) {\n    lifecycles(first: $first, orderBy: { field: CREATED_AT, direction: DESC }) {\n      edges {\n        node {\n          ...LifecycleFacts\n        }\n      }\n    }\n  }\n\n  fragment LifecycleFacts on Lifecycle {\n    id\n    deckyName\n    deploymentName\n    operation\n    status\n    stage\n    attempt\n    trigger\n    actor\n    fromServices\n    toServices\n    createdAt\n    completedAt\n    error {\n      code\n      message\n      detail\n    }\n  }\n"): typeof import('./graphql.js').LifecycleHistoryDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription LifecycleUpdated($after: String) {\n    lifecycleUpdated(after: $after) {\n      cursor\n      seq\n      status\n      stage\n      attempt\n      at\n      lifecycle {\n        ...LifecycleFacts\n      }\n    }\n  }\n"): typeof import('./graphql.js').LifecycleUpdatedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query InteractionHistory($last: Int!) {\n    interactions(last: $last, where: { originNEQ: KNOWN }) {\n      edges {\n        node {\n          ...InteractionFacts\n        }\n      }\n    }\n  }\n\n  fragment InteractionFacts on Interaction {\n    id\n    cursor\n    at\n    type\n    origin\n    service\n    deckyName\n    deploymentName\n    sourceIP\n    sourcePort\n    destPort\n    session\n    principal\n    credentialID\n    secret\n    command\n    outcome\n    message\n  }\n"): typeof import('./graphql.js').InteractionHistoryDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription InteractionRecorded($after: String) {\n    interactionRecorded(after: $after, where: { origins: [INTRUDER, CHECK] }) {\n      ...InteractionFacts\n    }\n  }\n"): typeof import('./graphql.js').InteractionRecordedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Catalog {\n    archetypes {\n      slug\n      name\n      description\n      services\n      os\n      available\n    }\n    services {\n      slug\n      name\n      description\n      category\n      available\n    }\n  }\n"): typeof import('./graphql.js').CatalogDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Deployments {\n    deployments(first: 100) {\n      edges {\n        node {\n          id\n          name\n          mutateInterval\n          network {\n            driver\n            subnet\n            gateway\n            parent\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.js').DeploymentsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Server {\n    server {\n      engine\n      limits {\n        deckiesPerDeploy\n        servicesPerDecky\n      }\n    }\n  }\n"): typeof import('./graphql.js').ServerDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Deploy($input: DeployInput!) {\n    deploy(input: $input) {\n      lifecycleIds\n      planned {\n        id\n        name\n        ip\n        mac\n        hostname\n        os\n        services\n      }\n    }\n  }\n"): typeof import('./graphql.js').DeployDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation MutateDecky($input: MutateDeckyInput!) {\n    mutateDecky(input: $input) {\n      lifecycleIds\n      decky {\n        services\n      }\n    }\n  }\n"): typeof import('./graphql.js').MutateDeckyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SetMutateInterval($input: SetMutateIntervalInput!) {\n    setMutateInterval(input: $input) {\n      deployment {\n        id\n        mutateInterval\n      }\n    }\n  }\n"): typeof import('./graphql.js').SetMutateIntervalDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RetryLifecycle($id: ID!) {\n    retryLifecycle(id: $id) {\n      lifecycleIds\n    }\n  }\n"): typeof import('./graphql.js').RetryLifecycleDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CancelLifecycle($id: ID!) {\n    cancelLifecycle(id: $id) {\n      lifecycle {\n        id\n      }\n    }\n  }\n"): typeof import('./graphql.js').CancelLifecycleDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query LifecyclesPage($first: Int!, $after: Cursor, $where: LifecycleWhereInput) {\n    lifecycles(first: $first, after: $after, where: $where, orderBy: { field: CREATED_AT, direction: DESC }) {\n      edges {\n        node {\n          ...LifecycleFacts\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.js').LifecyclesPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query LifecyclesByIds($ids: [ID!]!, $first: Int!) {\n    lifecycles(ids: $ids, first: $first) {\n      edges {\n        node {\n          ...LifecycleFacts\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.js').LifecyclesByIdsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query LifecycleDetail($id: ID!) {\n    lifecycles(ids: [$id], first: 1) {\n      edges {\n        node {\n          ...LifecycleFacts\n          startedAt\n          traceId\n          supersededBy {\n            id\n          }\n          retryOf {\n            id\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.js').LifecycleDetailDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query LifecycleEvents($ids: [ID!]!, $after: String, $first: Int!) {\n    lifecycleEvents(ids: $ids, after: $after, first: $first) {\n      events {\n        cursor\n        seq\n        status\n        stage\n        attempt\n        at\n        lifecycle {\n          ...LifecycleFacts\n        }\n      }\n      cursor\n      hasNextPage\n    }\n  }\n"): typeof import('./graphql.js').LifecycleEventsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription LifecyclesFollowed($ids: [ID!]!, $after: String) {\n    lifecycleUpdated(ids: $ids, after: $after) {\n      cursor\n      seq\n      status\n      stage\n      attempt\n      at\n      lifecycle {\n        ...LifecycleFacts\n      }\n    }\n  }\n"): typeof import('./graphql.js').LifecyclesFollowedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query InteractionsPage($first: Int!, $after: Cursor, $where: InteractionWhereInput) {\n    interactions(first: $first, after: $after, where: $where, orderBy: { field: AT, direction: DESC }) {\n      edges {\n        node {\n          ...InteractionFacts\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.js').InteractionsPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query DeckyDetail($deployment: String!, $name: String!) {\n    decky(deployment: $deployment, name: $name) {\n      id\n      name\n      mac\n      distro\n      os\n      createdAt\n      mutateInterval\n      repair {\n        failures\n        nextAt\n        gaveUp\n      }\n      deployment {\n        id\n        name\n        mutateInterval\n        network {\n          driver\n          subnet\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.js').DeckyDetailDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Teardown($input: TeardownInput!) {\n    teardown(input: $input) {\n      lifecycleIds\n    }\n  }\n"): typeof import('./graphql.js').TeardownDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Realism($deployment: String!, $name: String!) {\n    decky(deployment: $deployment, name: $name) {\n      id\n      realism {\n        status\n        by\n        startedAt\n        finishedAt\n        problem\n        probed\n        unreachable\n        findings {\n          service\n          tell\n          severity\n          detail\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.js').RealismDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CheckDecky($input: CheckDeckyInput!) {\n    checkDecky(input: $input) {\n      decky {\n        id\n      }\n    }\n  }\n"): typeof import('./graphql.js').CheckDeckyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ChosenSettings($deployment: String!, $name: String!) {\n    decky(deployment: $deployment, name: $name) {\n      id\n      generation\n      settings {\n        service\n        key\n        value\n      }\n    }\n  }\n"): typeof import('./graphql.js').ChosenSettingsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ServiceSettings {\n    services {\n      slug\n      name\n      settings {\n        key\n        help\n        type\n        secret\n        choices\n        min\n        max\n      }\n    }\n  }\n"): typeof import('./graphql.js').ServiceSettingsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query AttackersPage($first: Int!, $after: Cursor, $search: String, $orderBy: AttackerOrder!) {\n    attackers(first: $first, after: $after, search: $search, orderBy: $orderBy) {\n      edges {\n        node {\n          id\n          address\n          firstSeenAt\n          lastSeenAt\n          interactions\n          sessions\n          attempts\n          commands\n          deckies\n          services\n          known {\n            note\n          }\n        }\n      }\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.js').AttackersPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query CredentialsPage($first: Int!, $after: Cursor, $search: String, $orderBy: CredentialOrder!) {\n    credentials(first: $first, after: $after, search: $search, orderBy: $orderBy) {\n      edges {\n        node {\n          id\n          service\n          kind\n          principal\n          secret\n          attempts\n          accepted\n          lastSeenAt\n          lastSourceIP\n        }\n      }\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.js').CredentialsPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SessionsPage($first: Int!, $after: Cursor, $search: String, $orderBy: SessionOrder!, $where: SessionWhereInput) {\n    sessions(first: $first, after: $after, search: $search, where: $where, orderBy: $orderBy) {\n      edges {\n        node {\n          id\n          key\n          deckyName\n          deploymentName\n          service\n          sourceIP\n          startedAt\n          lastAt\n          endedAt\n          principal\n          authenticated\n          interactions\n          commands\n          recorded\n        }\n      }\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.js').SessionsPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SessionDetail($where: SessionWhereInput!) {\n    sessions(first: 1, where: $where, orderBy: { field: STARTED_AT, direction: DESC }) {\n      edges {\n        node {\n          id\n          key\n          deckyName\n          deploymentName\n          service\n          sourceIP\n          startedAt\n          lastAt\n          endedAt\n          principal\n          authenticated\n          recording\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.js').SessionDetailDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query KnownSources {\n    knownSources {\n      id\n      network\n      note\n      createdBy\n      createdAt\n      expiresAt\n      interactions\n      lastSeenAt\n    }\n  }\n"): typeof import('./graphql.js').KnownSourcesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation AddKnownSource($input: AddKnownSourceInput!) {\n    addKnownSource(input: $input) {\n      knownSource {\n        id\n      }\n    }\n  }\n"): typeof import('./graphql.js').AddKnownSourceDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RemoveKnownSource($id: ID!) {\n    removeKnownSource(id: $id) {\n      id\n    }\n  }\n"): typeof import('./graphql.js').RemoveKnownSourceDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query StatsOf($from: Time!, $to: Time!, $bucket: Duration!, $where: InteractionWhereInput) {\n    interactionStats(from: $from, to: $to, where: $where) {\n      total\n      attackers\n      overTime(bucket: $bucket) {\n        at\n        count\n      }\n      byService(first: 7) {\n        name\n        count\n      }\n      topAttackers(first: 7) {\n        name\n        count\n      }\n    }\n  }\n"): typeof import('./graphql.js').StatsOfDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query KindsOf($from: Time!) {\n    interactionStats(from: $from) {\n      byType(first: 100) {\n        name\n      }\n    }\n  }\n"): typeof import('./graphql.js').KindsOfDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query TouchesOf($from: Time!, $to: Time!, $decky: ID!) {\n    interactionStats(from: $from, to: $to, where: { deckyID: $decky }) {\n      overTime(bucket: \"1h\") {\n        count\n      }\n    }\n  }\n"): typeof import('./graphql.js').TouchesOfDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query InteractionFields($id: ID!) {\n    node(id: $id) {\n      ... on Interaction {\n        id\n        fields {\n          name\n          value\n          base64\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.js').InteractionFieldsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Viewer {\n    viewer {\n      username\n      role\n      passwordDue\n      external\n    }\n  }\n"): typeof import('./graphql.js').ViewerDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Login($username: String!, $password: String!) {\n    login(username: $username, password: $password) {\n      token\n      expiresAt\n      viewer {\n        username\n        role\n        passwordDue\n        external\n      }\n    }\n  }\n"): typeof import('./graphql.js').LoginDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ChangePassword($current: String!, $new: String!) {\n    changePassword(current: $current, new: $new) {\n      ok\n    }\n  }\n"): typeof import('./graphql.js').ChangePasswordDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Logout {\n    logout {\n      ok\n    }\n  }\n"): typeof import('./graphql.js').LogoutDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
