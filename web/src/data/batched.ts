/** Collects what comes in quick succession and hands it over at once: a thousand deckies are one render, not a thousand. */
export function batched<T>(handOver: (items: readonly T[]) => void, within = 16): (item: T) => void {
  let items: T[] = []
  return (item) => {
    if (items.push(item) > 1) return
    setTimeout(() => {
      const full = items
      items = []
      handOver(full)
    }, within)
  }
}
