/** Provides what the engine and Reference need for `eigh`, which runs on the host: a page without it need not load the solver. */
import { eigenDefinition } from "../reference/Definition.ts"
import { eigen } from "../reference/eigen.ts"

export const provideEigen = (): void => eigenDefinition.provide(eigen)
