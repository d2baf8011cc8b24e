/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** One decky to deploy, or with `count` several alike. */
export type DeckySpec = {
  /** Sets services, distro, os and the style of the host name. */
  archetype?: string | null | undefined;
  /** How many; not with `ip`. */
  count?: number;
  /** Absent: one that the archetype goes with, or debian. */
  distro?: string | null | undefined;
  /** The host name shown to intruders. Absent: made in the style of the archetype or the distro. */
  hostname?: string | null | undefined;
  /** An address in the subnet. Absent: the next free one. */
  ip?: string | null | undefined;
  /** How often it mutates by itself. Absent: the deployment's. */
  mutateInterval?: string | null | undefined;
  /** `^[a-z0-9-]{1,64}$`. With `count` above 1: NAME-01, NAME-02, … */
  name: string;
  /** The OS personality. Absent: the archetype's, or linux. */
  os?: string | null | undefined;
  /** Exactly these. Absent: the archetype's; with neither, the mutator picks. */
  services?: Array<string> | null | undefined;
};

/** How a decky stands. */
export type DeckyState =
  /** It runs, with other services than wanted: a change failed and the old ones go on. */
  | 'DEGRADED'
  /** It does not run. */
  | 'FAILED'
  /** It has not answered yet. */
  | 'PENDING'
  /** It is being torn down. */
  | 'REMOVING'
  /** It runs the wanted services. */
  | 'RUNNING';

/** What to deploy. */
export type DeployInput = {
  deckies: Array<DeckySpec>;
  deployment?: string;
  /** Answers with the plan, changes nothing. */
  dryRun?: boolean;
  /** CONFLICT when the deployment has moved on from this revision. 0: it must be new. */
  expectedRevision?: number | null | undefined;
  /** The same key and input answer with the same lifecycles; the same key with another input is a CONFLICT. Keys are kept for 24 hours at least. */
  idempotencyKey?: string | null | undefined;
  mode?: DeployMode;
  /** How often its deckies mutate by themselves, at least one minute. Absent: as it is, which for a new deployment is not at all. */
  mutateInterval?: string | null | undefined;
  /** Only when the deployment is new; the engine's default else. */
  network?: NetworkInput | null | undefined;
};

/** How `deploy` treats the deckies that are already there. */
export type DeployMode =
  /** The input's deckies come on top. */
  | 'ADD'
  /** The input is the whole fleet: deckies that it does not name are torn down. Those that it names as they are stay untouched. */
  | 'REPLACE';

/** What a lifecycle does. */
export type LifecycleOperation =
  /** Makes the decky exist. */
  | 'DEPLOY'
  /** Changes its services. */
  | 'MUTATE'
  /** Brings it back in step with what is wanted. */
  | 'REPAIR'
  /** Makes it not exist. */
  | 'TEARDOWN';

/** Where a lifecycle stands. SUCCEEDED, FAILED, CANCELED and SUPERSEDED are terminal: nothing changes after them. */
export type LifecycleStatus =
  /** Ended by `cancelLifecycle`. */
  | 'CANCELED'
  /** Given up; `error` says why. The decky keeps the services that it had. */
  | 'FAILED'
  /** Accepted, waiting for a runner. */
  | 'PENDING'
  /** A runner works on it. */
  | 'RUNNING'
  /** Done, and each service was seen to answer. */
  | 'SUCCEEDED'
  /** A newer operation took its place before it began. */
  | 'SUPERSEDED';

/** What made a lifecycle. */
export type LifecycleTrigger =
  /** Somebody asked for it. */
  | 'OPERATOR'
  /** The decky was found out of step. */
  | 'RECONCILER'
  /** A mutation interval came due. */
  | 'SCHEDULE';

/** Which decky to mutate, and to what. */
export type MutateDeckyInput = {
  deployment?: string;
  /** Answers with the decky as it would be, changes nothing. */
  dryRun?: boolean;
  /** CONFLICT when the decky has moved on from this generation. */
  expectedGeneration?: number | null | undefined;
  /** The same key and input answer with the same lifecycle; the same key with another input is a CONFLICT. Keys are kept for 24 hours at least. */
  idempotencyKey?: string | null | undefined;
  name: string;
  /** Makes the pick repeatable: the same decky, services and seed give the same pick. */
  seed?: number | null | undefined;
  /** Exactly these. Absent: the mutator picks a set that differs from the present one and from the last few. */
  services?: Array<string> | null | undefined;
};

/** The kind of network that a deployment's deckies live on. */
export type NetworkDriver =
  /** A bridge of the Docker host's own, reachable from that host only. */
  | 'BRIDGE'
  /** Like MACVLAN with the parent's MAC. */
  | 'IPVLAN'
  /** Loopback addresses of this host (the process engine). */
  | 'LOOPBACK'
  /** Addresses of their own on the LAN, by a parent interface. */
  | 'MACVLAN';

/** Where a new deployment's deckies live. */
export type NetworkInput = {
  driver: NetworkDriver;
  /** Absent: none for LOOPBACK and BRIDGE; the subnet's first address else. */
  gateway?: string | null | undefined;
  /** The host's interface; needed for MACVLAN and IPVLAN. */
  parent?: string | null | undefined;
  /** In CIDR form, at least a /30. Absent: one that is free, for LOOPBACK and BRIDGE. */
  subnet?: string | null | undefined;
};

/** What a user may do. */
export type Role =
  /** All that, and decides who else may do what. */
  | 'ADMIN'
  /** Reads everything, and changes the fleet: deploys, mutates, tears down, cancels and retries. */
  | 'OPERATOR'
  /** Reads everything, changes nothing. */
  | 'VIEWER';

/** What to take down. */
export type TeardownInput = {
  deployment?: string;
  /** Absent: all of it. */
  names?: Array<string> | null | undefined;
};

export type DeckyIdsQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type DeckyIdsQuery = { deckies: { edges: Array<{ node: { id: string } | null } | null> | null, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type DeckyUpdatedSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type DeckyUpdatedSubscription = { deckyUpdated: { id: string, name: string, hostname: string, archetype: string | null, state: DeckyState, services: Array<string>, observedServices: Array<string>, generation: number, observedGeneration: number, ip: string, lastMutatedAt: string | null, nextMutationAt: string | null, endpoints: Array<{ service: string, proto: string, address: string, port: number }>, deployment: { name: string } } };

export type JournalCursorQueryVariables = Exact<{ [key: string]: never; }>;


export type JournalCursorQuery = { journalCursor: string };

export type LifecycleHistoryQueryVariables = Exact<{
  first: number;
}>;


export type LifecycleHistoryQuery = { lifecycles: { edges: Array<{ node: { id: string, deckyName: string, deploymentName: string, operation: LifecycleOperation, status: LifecycleStatus, stage: string | null, attempt: number, trigger: LifecycleTrigger, actor: string | null, fromServices: Array<string>, toServices: Array<string>, createdAt: string, completedAt: string | null, error: { code: string, message: string, detail: string | null } | null } | null } | null> | null } };

export type LifecycleFactsFragment = { id: string, deckyName: string, deploymentName: string, operation: LifecycleOperation, status: LifecycleStatus, stage: string | null, attempt: number, trigger: LifecycleTrigger, actor: string | null, fromServices: Array<string>, toServices: Array<string>, createdAt: string, completedAt: string | null, error: { code: string, message: string, detail: string | null } | null };

export type LifecycleUpdatedSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type LifecycleUpdatedSubscription = { lifecycleUpdated: { cursor: string, seq: number, status: LifecycleStatus, stage: string | null, attempt: number, at: string, lifecycle: { id: string, deckyName: string, deploymentName: string, operation: LifecycleOperation, status: LifecycleStatus, stage: string | null, attempt: number, trigger: LifecycleTrigger, actor: string | null, fromServices: Array<string>, toServices: Array<string>, createdAt: string, completedAt: string | null, error: { code: string, message: string, detail: string | null } | null } } };

export type InteractionHistoryQueryVariables = Exact<{
  last: number;
}>;


export type InteractionHistoryQuery = { interactions: { edges: Array<{ node: { id: string, cursor: string, at: string, type: string, service: string, deckyName: string, deploymentName: string, sourceIP: string, sourcePort: number, destPort: number, session: string, principal: string | null, secret: string | null, command: string | null, outcome: string | null, message: string } | null } | null> | null } };

export type InteractionFactsFragment = { id: string, cursor: string, at: string, type: string, service: string, deckyName: string, deploymentName: string, sourceIP: string, sourcePort: number, destPort: number, session: string, principal: string | null, secret: string | null, command: string | null, outcome: string | null, message: string };

export type InteractionRecordedSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type InteractionRecordedSubscription = { interactionRecorded: { id: string, cursor: string, at: string, type: string, service: string, deckyName: string, deploymentName: string, sourceIP: string, sourcePort: number, destPort: number, session: string, principal: string | null, secret: string | null, command: string | null, outcome: string | null, message: string } };

export type ArchetypesQueryVariables = Exact<{ [key: string]: never; }>;


export type ArchetypesQuery = { archetypes: Array<{ slug: string, name: string, description: string, available: boolean }> };

export type DeployMutationVariables = Exact<{
  input: DeployInput;
}>;


export type DeployMutation = { deploy: { lifecycleIds: Array<string>, planned: Array<{ id: string, name: string, ip: string, hostname: string, services: Array<string> }> } };

export type MutateDeckyMutationVariables = Exact<{
  input: MutateDeckyInput;
}>;


export type MutateDeckyMutation = { mutateDecky: { lifecycleIds: Array<string> } };

export type TeardownMutationVariables = Exact<{
  input: TeardownInput;
}>;


export type TeardownMutation = { teardown: { lifecycleIds: Array<string> } };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { username: string, role: Role, passwordDue: boolean } | null };

export type LoginMutationVariables = Exact<{
  username: string;
  password: string;
}>;


export type LoginMutation = { login: { token: string, expiresAt: string, viewer: { username: string, role: Role, passwordDue: boolean } } };

export type ChangePasswordMutationVariables = Exact<{
  current: string;
  new: string;
}>;


export type ChangePasswordMutation = { changePassword: { ok: boolean } };

export type LogoutMutationVariables = Exact<{ [key: string]: never; }>;


export type LogoutMutation = { logout: { ok: boolean } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const LifecycleFactsFragmentDoc = new TypedDocumentString(`
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
    `, {"fragmentName":"LifecycleFacts"}) as unknown as TypedDocumentString<LifecycleFactsFragment, unknown>;
export const InteractionFactsFragmentDoc = new TypedDocumentString(`
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
    `, {"fragmentName":"InteractionFacts"}) as unknown as TypedDocumentString<InteractionFactsFragment, unknown>;
export const DeckyIdsDocument = new TypedDocumentString(`
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
    `) as unknown as TypedDocumentString<DeckyIdsQuery, DeckyIdsQueryVariables>;
export const DeckyUpdatedDocument = new TypedDocumentString(`
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
    `) as unknown as TypedDocumentString<DeckyUpdatedSubscription, DeckyUpdatedSubscriptionVariables>;
export const JournalCursorDocument = new TypedDocumentString(`
    query JournalCursor {
  journalCursor
}
    `) as unknown as TypedDocumentString<JournalCursorQuery, JournalCursorQueryVariables>;
export const LifecycleHistoryDocument = new TypedDocumentString(`
    query LifecycleHistory($first: Int!) {
  lifecycles(first: $first, orderBy: {field: CREATED_AT, direction: DESC}) {
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
}`) as unknown as TypedDocumentString<LifecycleHistoryQuery, LifecycleHistoryQueryVariables>;
export const LifecycleUpdatedDocument = new TypedDocumentString(`
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
}`) as unknown as TypedDocumentString<LifecycleUpdatedSubscription, LifecycleUpdatedSubscriptionVariables>;
export const InteractionHistoryDocument = new TypedDocumentString(`
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
}`) as unknown as TypedDocumentString<InteractionHistoryQuery, InteractionHistoryQueryVariables>;
export const InteractionRecordedDocument = new TypedDocumentString(`
    subscription InteractionRecorded($after: String) {
  interactionRecorded(after: $after) {
    ...InteractionFacts
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
}`) as unknown as TypedDocumentString<InteractionRecordedSubscription, InteractionRecordedSubscriptionVariables>;
export const ArchetypesDocument = new TypedDocumentString(`
    query Archetypes {
  archetypes {
    slug
    name
    description
    available
  }
}
    `) as unknown as TypedDocumentString<ArchetypesQuery, ArchetypesQueryVariables>;
export const DeployDocument = new TypedDocumentString(`
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
    `) as unknown as TypedDocumentString<DeployMutation, DeployMutationVariables>;
export const MutateDeckyDocument = new TypedDocumentString(`
    mutation MutateDecky($input: MutateDeckyInput!) {
  mutateDecky(input: $input) {
    lifecycleIds
  }
}
    `) as unknown as TypedDocumentString<MutateDeckyMutation, MutateDeckyMutationVariables>;
export const TeardownDocument = new TypedDocumentString(`
    mutation Teardown($input: TeardownInput!) {
  teardown(input: $input) {
    lifecycleIds
  }
}
    `) as unknown as TypedDocumentString<TeardownMutation, TeardownMutationVariables>;
export const ViewerDocument = new TypedDocumentString(`
    query Viewer {
  viewer {
    username
    role
    passwordDue
  }
}
    `) as unknown as TypedDocumentString<ViewerQuery, ViewerQueryVariables>;
export const LoginDocument = new TypedDocumentString(`
    mutation Login($username: String!, $password: String!) {
  login(username: $username, password: $password) {
    token
    expiresAt
    viewer {
      username
      role
      passwordDue
    }
  }
}
    `) as unknown as TypedDocumentString<LoginMutation, LoginMutationVariables>;
export const ChangePasswordDocument = new TypedDocumentString(`
    mutation ChangePassword($current: String!, $new: String!) {
  changePassword(current: $current, new: $new) {
    ok
  }
}
    `) as unknown as TypedDocumentString<ChangePasswordMutation, ChangePasswordMutationVariables>;
export const LogoutDocument = new TypedDocumentString(`
    mutation Logout {
  logout {
    ok
  }
}
    `) as unknown as TypedDocumentString<LogoutMutation, LogoutMutationVariables>;