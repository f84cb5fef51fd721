#!/usr/bin/env node
/**
 * The adjoint command.
 */
import { readFileSync } from "node:fs"

const manifest: { readonly version: string } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))

console.log(`adjoint ${manifest.version}`)
