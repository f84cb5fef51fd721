/** Things that only some programs need. The module that uses one provides it when it is loaded, so a page without it need not load it. */

/** Something that is provided once, before it is used. */
export interface Provided<A> {
  readonly provide: (value: A) => void
  /** Throws `TypeError` before it is provided. */
  readonly get: () => A
}

/** Something for these operations that is not provided yet, and the module that provides it. */
export const provided = <A>(operations: string, module: string): Provided<A> => {
  let known: A | undefined
  return {
    provide: (value) => {
      known = value
    },
    get: () => {
      if (known === undefined) throw new TypeError(`an operation on ${operations} before ${module} is loaded`)
      return known
    },
  }
}
