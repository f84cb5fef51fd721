import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const seeding = fileURLToPath(new URL("scripts/seed-properties.ts", import.meta.url))

const project = (name: string, root: string) => ({
  root,
  test: { name, include: ["test/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000, setupFiles: [seeding] },
})

export default defineConfig({
  test: {
    // One worker a core: by itself Vitest leaves one core free.
    maxWorkers: "100%",
    reporters: ["default", "./scripts/closing-line-reporter.ts"],
    projects: [
      project("core", "packages/core"),
      project("dsl", "packages/dsl"),
      project("cli", "packages/cli"),
      project("examples", "examples"),
      project("repository", "."),
    ],
  },
})
