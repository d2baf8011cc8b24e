/** Where a decky or a lifecycle stands, as a badge: by its word, and by colour for who sees it. */
export function Standing({ of }: { of: string }) {
  const word = of.toLowerCase()
  return <span className={`badge ${word}`}>{word}</span>
}
