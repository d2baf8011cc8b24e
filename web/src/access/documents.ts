// What the pages about people, their tokens and the audit trail ask the API for.
import { graphql } from '../gql'
import type { AuditPageQuery, TokensQuery, UsersQuery } from '../gql/graphql'
import type { Connection } from '../data/nodes'

export const users = graphql(`
  query Users {
    users {
      username
      role
      disabled
      passwordDue
      external
      createdAt
    }
  }
`)

export const createUser = graphql(`
  mutation CreateUser($input: CreateUserInput!) {
    createUser(input: $input) {
      user {
        username
      }
      password
    }
  }
`)

export const updateUser = graphql(`
  mutation UpdateUser($input: UpdateUserInput!) {
    updateUser(input: $input) {
      user {
        username
      }
      password
    }
  }
`)

export const deleteUser = graphql(`
  mutation DeleteUser($username: String!) {
    deleteUser(username: $username) {
      username
    }
  }
`)

export const tokens = graphql(`
  query Tokens($username: String) {
    tokens(username: $username) {
      id
      kind
      name
      role
      peer
      createdAt
      lastUsedAt
      expiresAt
      current
    }
  }
`)

export const createToken = graphql(`
  mutation CreateToken($input: CreateTokenInput!) {
    createToken(input: $input) {
      secret
    }
  }
`)

export const endToken = graphql(`
  mutation EndToken($id: ID!) {
    endToken(id: $id) {
      id
    }
  }
`)

export const auditPage = graphql(`
  query AuditPage($first: Int!, $after: Cursor, $where: AuditEntryWhereInput) {
    auditLog(first: $first, after: $after, where: $where, orderBy: { field: AT, direction: DESC }) {
      edges {
        node {
          id
          at
          actor
          peer
          action
          result
          detail
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

type NodeOf<List> = List extends Connection<infer Node> ? Node : never

export type Person = UsersQuery['users'][number]
export type Token = TokensQuery['tokens'][number]
export type AuditEntry = NodeOf<AuditPageQuery['auditLog']>
