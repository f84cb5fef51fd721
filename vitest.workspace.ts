import { defineConfig } from "vitest/config"

const project = (name: string, root: string) => ({
  root,
  test: { name, include: ["test/**/*.test.ts"], testTimeout: 20_000 },
})

export default defineConfig({
  test: {
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
