/** A page of a list, as the API gives it. */
export interface Connection<Node> {
  edges?: readonly ({ node?: Node | null } | null)[] | null
}

/** The elements of a page. */
export const nodes = <Node,>({ edges }: Connection<Node>): Node[] => (edges ?? []).flatMap((edge) => edge?.node ?? [])
