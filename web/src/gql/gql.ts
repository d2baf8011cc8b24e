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
    "\n  query DeckyIds($first: Int!, $after: Cursor) {\n    deckies(first: $first, after: $after) {\n      edges {\n        node {\n          id\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.DeckyIdsDocument,
    "\n  subscription DeckyUpdated {\n    deckyUpdated {\n      id\n      name\n      hostname\n      archetype\n      state\n      services\n      observedServices\n      generation\n      observedGeneration\n      ip\n      lastMutatedAt\n      nextMutationAt\n      endpoints {\n        service\n        proto\n        address\n        port\n      }\n      deployment {\n        name\n      }\n    }\n  }\n": typeof types.DeckyUpdatedDocument,
    "\n  query JournalCursor {\n    journalCursor\n  }\n": typeof types.JournalCursorDocument,
    "\n  query LifecycleHistory($first: Int!) {\n    lifecycles(first: $first, orderBy: { field: CREATED_AT, direction: DESC }) {\n      edges {\n        node {\n          ...LifecycleFacts\n        }\n      }\n    }\n  }\n\n  fragment LifecycleFacts on Lifecycle {\n    id\n    deckyName\n    deploymentName\n    operation\n    status\n    stage\n    attempt\n    trigger\n    actor\n    fromServices\n    toServices\n    createdAt\n    completedAt\n    error {\n      code\n      message\n      detail\n    }\n  }\n": typeof types.LifecycleHistoryDocument,
    "\n  subscription LifecycleUpdated($after: String) {\n    lifecycleUpdated(after: $after) {\n      cursor\n      seq\n      status\n      stage\n      attempt\n      at\n      lifecycle {\n        ...LifecycleFacts\n      }\n    }\n  }\n": typeof types.LifecycleUpdatedDocument,
    "\n  query InteractionHistory($last: Int!) {\n    interactions(last: $last) {\n      edges {\n        node {\n          ...InteractionFacts\n        }\n      }\n    }\n  }\n\n  fragment InteractionFacts on Interaction {\n    id\n    cursor\n    at\n    type\n    service\n    deckyName\n    deploymentName\n    sourceIP\n    sourcePort\n    destPort\n    session\n    principal\n    secret\n    command\n    outcome\n    message\n  }\n": typeof types.InteractionHistoryDocument,
    "\n  subscription InteractionRecorded($after: String) {\n    interactionRecorded(after: $after) {\n      ...InteractionFacts\n    }\n  }\n": typeof types.InteractionRecordedDocument,
    "\n  query Archetypes {\n    archetypes {\n      slug\n      name\n      description\n      available\n    }\n  }\n": typeof types.ArchetypesDocument,
    "\n  mutation Deploy($input: DeployInput!) {\n    deploy(input: $input) {\n      lifecycleIds\n      planned {\n        id\n        name\n        ip\n        hostname\n        services\n      }\n    }\n  }\n": typeof types.DeployDocument,
    "\n  mutation MutateDecky($input: MutateDeckyInput!) {\n    mutateDecky(input: $input) {\n      lifecycleIds\n    }\n  }\n": typeof types.MutateDeckyDocument,
    "\n  mutation Teardown($input: TeardownInput!) {\n    teardown(input: $input) {\n      lifecycleIds\n    }\n  }\n": typeof types.TeardownDocument,
    "\n  query Viewer {\n    viewer {\n      username\n      role\n      passwordDue\n    }\n  }\n": typeof types.ViewerDocument,
    "\n  mutation Login($username: String!, $password: String!) {\n    login(username: $username, password: $password) {\n      token\n      expiresAt\n      viewer {\n        username\n        role\n        passwordDue\n      }\n    }\n  }\n": typeof types.LoginDocument,
    "\n  mutation ChangePassword($current: String!, $new: String!) {\n    changePassword(current: $current, new: $new) {\n      ok\n    }\n  }\n": typeof types.ChangePasswordDocument,
    "\n  mutation Logout {\n    logout {\n      ok\n    }\n  }\n": typeof types.LogoutDocument,
};
const documents: Documents = {
    "\n  query DeckyIds($first: Int!, $after: Cursor) {\n    deckies(first: $first, after: $after) {\n      edges {\n        node {\n          id\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.DeckyIdsDocument,
    "\n  subscription DeckyUpdated {\n    deckyUpdated {\n      id\n      name\n      hostname\n      archetype\n      state\n      services\n      observedServices\n      generation\n      observedGeneration\n      ip\n      lastMutatedAt\n      nextMutationAt\n      endpoints {\n        service\n        proto\n        address\n        port\n      }\n      deployment {\n        name\n      }\n    }\n  }\n": types.DeckyUpdatedDocument,
    "\n  query JournalCursor {\n    journalCursor\n  }\n": types.JournalCursorDocument,
    "\n  query LifecycleHistory($first: Int!) {\n    lifecycles(first: $first, orderBy: { field: CREATED_AT, direction: DESC }) {\n      edges {\n        node {\n          ...LifecycleFacts\n        }\n      }\n    }\n  }\n\n  fragment LifecycleFacts on Lifecycle {\n    id\n    deckyName\n    deploymentName\n    operation\n    status\n    stage\n    attempt\n    trigger\n    actor\n    fromServices\n    toServices\n    createdAt\n    completedAt\n    error {\n      code\n      message\n      detail\n    }\n  }\n": types.LifecycleHistoryDocument,
    "\n  subscription LifecycleUpdated($after: String) {\n    lifecycleUpdated(after: $after) {\n      cursor\n      seq\n      status\n      stage\n      attempt\n      at\n      lifecycle {\n        ...LifecycleFacts\n      }\n    }\n  }\n": types.LifecycleUpdatedDocument,
    "\n  query InteractionHistory($last: Int!) {\n    interactions(last: $last) {\n      edges {\n        node {\n          ...InteractionFacts\n        }\n      }\n    }\n  }\n\n  fragment InteractionFacts on Interaction {\n    id\n    cursor\n    at\n    type\n    service\n    deckyName\n    deploymentName\n    sourceIP\n    sourcePort\n    destPort\n    session\n    principal\n    secret\n    command\n    outcome\n    message\n  }\n": types.InteractionHistoryDocument,
    "\n  subscription InteractionRecorded($after: String) {\n    interactionRecorded(after: $after) {\n      ...InteractionFacts\n    }\n  }\n": types.InteractionRecordedDocument,
    "\n  query Archetypes {\n    archetypes {\n      slug\n      name\n      description\n      available\n    }\n  }\n": types.ArchetypesDocument,
    "\n  mutation Deploy($input: DeployInput!) {\n    deploy(input: $input) {\n      lifecycleIds\n      planned {\n        id\n        name\n        ip\n        hostname\n        services\n      }\n    }\n  }\n": types.DeployDocument,
    "\n  mutation MutateDecky($input: MutateDeckyInput!) {\n    mutateDecky(input: $input) {\n      lifecycleIds\n    }\n  }\n": types.MutateDeckyDocument,
    "\n  mutation Teardown($input: TeardownInput!) {\n    teardown(input: $input) {\n      lifecycleIds\n    }\n  }\n": types.TeardownDocument,
    "\n  query Viewer {\n    viewer {\n      username\n      role\n      passwordDue\n    }\n  }\n": types.ViewerDocument,
    "\n  mutation Login($username: String!, $password: String!) {\n    login(username: $username, password: $password) {\n      token\n      expiresAt\n      viewer {\n        username\n        role\n        passwordDue\n      }\n    }\n  }\n": types.LoginDocument,
    "\n  mutation ChangePassword($current: String!, $new: String!) {\n    changePassword(current: $current, new: $new) {\n      ok\n    }\n  }\n": types.ChangePasswordDocument,
    "\n  mutation Logout {\n    logout {\n      ok\n    }\n  }\n": types.LogoutDocument,
};

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
export function graphql(source: "\n  query InteractionHistory($last: Int!) {\n    interactions(last: $last) {\n      edges {\n        node {\n          ...InteractionFacts\n        }\n      }\n    }\n  }\n\n  fragment InteractionFacts on Interaction {\n    id\n    cursor\n    at\n    type\n    service\n    deckyName\n    deploymentName\n    sourceIP\n    sourcePort\n    destPort\n    session\n    principal\n    secret\n    command\n    outcome\n    message\n  }\n"): typeof import('./graphql.js').InteractionHistoryDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription InteractionRecorded($after: String) {\n    interactionRecorded(after: $after) {\n      ...InteractionFacts\n    }\n  }\n"): typeof import('./graphql.js').InteractionRecordedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Archetypes {\n    archetypes {\n      slug\n      name\n      description\n      available\n    }\n  }\n"): typeof import('./graphql.js').ArchetypesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Deploy($input: DeployInput!) {\n    deploy(input: $input) {\n      lifecycleIds\n      planned {\n        id\n        name\n        ip\n        hostname\n        services\n      }\n    }\n  }\n"): typeof import('./graphql.js').DeployDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation MutateDecky($input: MutateDeckyInput!) {\n    mutateDecky(input: $input) {\n      lifecycleIds\n    }\n  }\n"): typeof import('./graphql.js').MutateDeckyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Teardown($input: TeardownInput!) {\n    teardown(input: $input) {\n      lifecycleIds\n    }\n  }\n"): typeof import('./graphql.js').TeardownDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Viewer {\n    viewer {\n      username\n      role\n      passwordDue\n    }\n  }\n"): typeof import('./graphql.js').ViewerDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Login($username: String!, $password: String!) {\n    login(username: $username, password: $password) {\n      token\n      expiresAt\n      viewer {\n        username\n        role\n        passwordDue\n      }\n    }\n  }\n"): typeof import('./graphql.js').LoginDocument;
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
