/**
 * The operations on images: convolutions, pooling and their gradients. A page without images should not load what they need, and a
 * bundler cannot drop rows of a table. So their rows are functions and tables elsewhere (shape rules, definitions, kernels), which
 * `tensor/images.ts` provides when it is loaded: that is the only module that writes these operations, apart from derivatives of them.
 */
import type { Primitive } from "./Primitive.ts"
import { type Provided, provided } from "./provided.ts"

/** The primitives of images, in the order of tables. */
export const imagePrimitives = [
  "conv",
  "convInputGrad",
  "convKernelGrad",
  "windowSum",
  "windowSumGrad",
  "windowMax",
  "windowMaxGrad",
  "windowMaxPick",
] as const satisfies ReadonlyArray<Primitive>

export type ImagePrimitive = (typeof imagePrimitives)[number]

/** Something for images, which `tensor/images.ts` provides. */
export const providedForImages = <A>(): Provided<A> => provided("images", "tensor/images.ts")

/** The functions of a table that is provided later, each of which looks itself up when it is called. */
export const rowsOf = <Table extends { readonly [P in ImagePrimitive]: (...of: never) => unknown }>(
  table: () => Table,
): Table => {
  const row =
    (primitive: ImagePrimitive) =>
    (...of: ReadonlyArray<never>) =>
      table()[primitive](...(of as never))
  return Object.fromEntries(imagePrimitives.map((primitive) => [primitive, row(primitive)])) as unknown as Table
}
