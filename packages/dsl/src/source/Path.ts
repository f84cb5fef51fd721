/** The path of a value in a document: the keys and list indices from the root down. */

/** Keys and list indices, outermost first. */
export type Path = ReadonlyArray<string | number>

const plain = /^[A-Za-z_*$][\w$-]*$/

/** A path as a person writes it. `print(["model", "layers", 2, "dense"]) // => "model.layers[2].dense"` */
export const print = (path: Path): string => {
  let out = ""
  for (const step of path) {
    if (typeof step === "number") out += `[${step}]`
    else if (!plain.test(step)) out += `[${JSON.stringify(step)}]`
    else out += out === "" ? step : `.${step}`
  }
  return out === "" ? "the document" : out
}

/** A path as a JSON Pointer (RFC 6901), one string per path. `pointer(["a/b", 0]) // => "/a~1b/0"` */
export const pointer = (path: Path): string => {
  let out = ""
  for (const step of path) out += `/${typeof step === "string" && /[~/]/.test(step) ? escaped(step) : step}`
  return out
}

const escaped = (step: string): string => step.replaceAll("~", "~0").replaceAll("/", "~1")

/** Whether `path` is `ancestor` or lies below it. `isWithin(["a", 0], ["a"]) // => true` */
export const isWithin = (path: Path, ancestor: Path): boolean => ancestor.every((step, i) => path[i] === step)
