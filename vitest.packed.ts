// The tests of the engine with packed code: `npx pnpm@12 test-packed`.
import { defineConfig } from "vitest/config"
import { packed, run } from "./vitest.workspace.ts"

export default defineConfig({ test: { ...run, projects: [packed] } })
