/** The model files on MNIST and Fashion-MNIST, whose data is not part of the repository: they are read without rows. */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Render from "@adjoint/dsl/diagnostic/Render"
import { read } from "@adjoint/dsl/Read"
import { fromText } from "@adjoint/dsl/source/Source"
import { expect, test } from "vitest"

const folder = join(import.meta.dirname, "..")

test.each(globSync("{mnist,fashion}-*.yaml", { cwd: folder }))(
  "%s is right as far as it can be known without its data",
  (name) => {
    const source = fromText(name, readFileSync(join(folder, name), "utf8"))
    const { diagnostics, document } = read(source)
    expect(diagnostics.map((each) => Render.text(each, source))).toEqual([])
    expect(document?.model.layers.length).toBeGreaterThan(3)
  },
)
