/** Provides what the engine and Reference need for loops (`language/loops.ts`). */
import { extendedLoops } from "../compiler/fuse/extendedLoops.ts"
import { extensions } from "../compiler/fuse/values.ts"
import { loopRule } from "../language/ShapeRule.ts"
import { loop } from "../language/shapes/loop.ts"
import { scanDefinition } from "../reference/Definition.ts"
import { scan } from "../reference/scan.ts"
import { loopKernel } from "./wasm/kernels/primitives/primitiveKernels.ts"
import { scanBy } from "./wasm/kernels/primitives/scan.ts"

export const provideLoops = (): void => {
  loopRule.provide(loop)
  extensions.provide(extendedLoops)
  scanDefinition.provide(scan)
  loopKernel.provide(scanBy)
}
