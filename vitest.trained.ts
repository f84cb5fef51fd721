// The examples that train for seconds: `npx pnpm@12 test-trained`.
import { defineConfig } from "vitest/config"
import { run, trained } from "./vitest.workspace.ts"

export default defineConfig({ test: { ...run, projects: [trained] } })
