/** Provides what the engine and Reference need for operations on images (`language/images.ts`). */
import { imageDefinitions } from "../reference/Definition.ts"
import { images as definitions } from "../reference/images.ts"
import { images as kernels } from "./wasm/kernels/primitives/images.ts"
import { imageKernels } from "./wasm/kernels/primitives/primitiveKernels.ts"

export const provideImages = (): void => {
  imageDefinitions.provide(definitions)
  imageKernels.provide(kernels)
}
