/** Provides what the engine and Reference need for matrices (`language/matrices.ts`), which the host computes. */
import { matrixRule } from "../language/ShapeRule.ts"
import { matrix } from "../language/shapes/matrix.ts"
import { matrixDefinition } from "../reference/Definition.ts"
import { matrices } from "../reference/matrices.ts"

export const provideMatrices = (): void => {
  matrixRule.provide(matrix)
  matrixDefinition.provide(matrices)
}
