// The packages as users get them, installed with npm: `npx pnpm@12 test-installed`.
import { defineConfig } from "vitest/config"
import { installed, run } from "./vitest.workspace.ts"

export default defineConfig({ test: { ...run, projects: [installed] } })
