/** Frees the memory of arrays at once, where the host can: garbage of many megabytes is collected late. */
export const release = (...arrays: ReadonlyArray<ArrayBufferView>): void => {
  // Node 20 and older browsers have no `transfer`.
  for (const { buffer } of arrays)
    if (buffer instanceof ArrayBuffer && typeof buffer.transfer === "function" && !buffer.detached) buffer.transfer(0)
}
