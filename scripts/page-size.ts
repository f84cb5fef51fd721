/**
 * What the bytes are that a page loads: each module's part of the program of the benchmark's bundle row, minified, and by how much
 * the page would be shorter without it (brotli). Folders contain the bytes of all their modules.
 *
 *   node scripts/page-size.ts                        the modules and folders of bench/programs/adjoint.ts
 *   node scripts/page-size.ts program.ts 200         of another program; modules from 200 bytes on (300 unless given)
 *   node scripts/page-size.ts program.ts 0 <text>    the minified code of the modules whose path contains a text
 */
import { SourceMap } from "node:module"
import { join, relative, resolve } from "node:path"
import { brotliCompressSync } from "node:zlib"
import { rolldown } from "rolldown"

const root = join(import.meta.dirname, "..")
const [program = join(root, "bench/programs/adjoint.ts"), least = "300", shown] = process.argv.slice(2)

const compressed = (text: string): number => brotliCompressSync(text).length

/** A piece of the minified code, and the module that it comes from. */
interface Piece {
  readonly module: string
  readonly code: string
}

const pathOf = (source: string): string => {
  const path = relative(root, resolve(root, "x", source))
  const dependency = path.split("node_modules/").at(-1) ?? path
  return dependency === path ? path.replace(/^packages\//, "") : `node_modules/${dependency}`
}

/** Rolldown's chunks at the start of a page, cut where the source map changes its module. */
const piecesOf = async (input: string): Promise<ReadonlyArray<Piece>> => {
  const build = await rolldown({ input, platform: "browser", logLevel: "silent" })
  const { output } = await build.generate({ format: "esm", minify: true, sourcemap: true, dir: join(root, "x") })
  await build.close()
  const chunks = output.flatMap((file) => (file.type === "chunk" ? [file] : []))
  const loaded = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName))
  for (const name of loaded) {
    for (const imported of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) loaded.add(imported)
  }
  return chunks
    .filter(({ fileName }) => loaded.has(fileName))
    .flatMap(({ code, map }) => {
      if (map === null) return []
      const lines = new SourceMap({ ...map, sourceRoot: "", file: map.file ?? "", version: 3 } as never)
      const pieces: Array<Piece> = []
      let from = 0
      let module = "the bundler's"
      const text = code.split("\n")
      let offset = 0
      for (const [line, content] of text.entries()) {
        for (let column = 0; column < content.length; column++) {
          const entry = lines.findEntry(line, column)
          // Code that the bundler wrote itself has an entry without a source.
          const original: string | undefined = "originalSource" in entry ? entry.originalSource : undefined
          const source = original === undefined ? module : pathOf(original)
          if (source === module) continue
          pieces.push({ module, code: code.slice(from, offset + column) })
          from = offset + column
          module = source
        }
        offset += content.length + 1
      }
      pieces.push({ module, code: code.slice(from) })
      return pieces
    })
}

const pieces = await piecesOf(program)
if (shown !== undefined) {
  for (const { code, module } of pieces) if (module.includes(shown)) console.log(`\n/* ${module} */\n${code}`)
} else {
  const whole = compressed(pieces.map(({ code }) => code).join(""))
  const minified = new Map<string, number>()
  for (const { code, module } of pieces) {
    const parts = module.split("/")
    for (let i = 1; i <= parts.length; i++) {
      const path = parts.slice(0, i).join("/") + (i < parts.length ? "/" : "")
      minified.set(path, (minified.get(path) ?? 0) + code.length)
    }
  }
  const belongs = (module: string, path: string): boolean => (path.endsWith("/") ? module.startsWith(path) : module === path)
  // Compressing takes a third of a second, so modules that are too short to save so much are left out.
  const candidates = [...minified].filter(([, length]) => length >= Number(least))
  const rows = candidates.map(([path, length]) => {
    const rest = pieces.filter(({ module }) => !belongs(module, path)).map(({ code }) => code)
    return { path, length, saved: whole - compressed(rest.join("")) }
  })
  console.log(`${whole} bytes (brotli)\n\n  minified  without it  `)
  for (const { length, path, saved } of rows.toSorted((a, b) => b.saved - a.saved)) {
    if (saved >= Number(least)) console.log(`${length.toString().padStart(10)}${(-saved).toString().padStart(12)}  ${path}`)
  }
}
