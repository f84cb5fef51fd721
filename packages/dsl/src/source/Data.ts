/** The plain data of a text. */

/** Plain data: JSON values, and the numbers `.inf` and `.nan`. */
export type Data = null | boolean | number | string | ReadonlyArray<Data> | { readonly [key: string]: Data }

/** Whether data is a map. */
export const isRecord = (data: unknown): data is { readonly [key: string]: Data } =>
  typeof data === "object" && data !== null && !Array.isArray(data)
