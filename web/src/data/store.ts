import { useSyncExternalStore } from 'react'

/** A value that components watch. It lives outside of React, so that a stream can fill it whatever page is open. */
export class Store<Value> {
  #value: Value
  #listeners = new Set<() => void>()

  constructor(value: Value) {
    this.#value = value
  }

  get = (): Value => this.#value

  /** Calls `listener` after each change, until the function that it returns is called. */
  onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  set(value: Value): void {
    if (Object.is(value, this.#value)) return
    this.#value = value
    this.#listeners.forEach((listener) => listener())
  }
}

/** The store's value, now and after each change. */
export const useStore = <Value,>(store: Store<Value>): Value => useSyncExternalStore(store.onChange, store.get)
