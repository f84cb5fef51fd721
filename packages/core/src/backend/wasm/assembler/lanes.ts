/**
 * How wide the vectors are that a module is written for, in bits. WebAssembly's are 128 bits. Some hosts pack two
 * operations on neighbouring halves into one of 256 (`hostLanes.ts`): there kernels choose larger tiles. The choice
 * changes no bit of a result, since each element is rounded as before, unless the host packs wrongly (docs/decisions/wide-lanes.md).
 */
export type Lanes = 128 | 256
