#!/usr/bin/env node
// Runs before anything new is read, and so in the language of old Nodes.
'use strict'
var major = Number(process.versions.node.split('.')[0])
if (process.platform === 'win32') {
  process.stderr.write('secretref: Windows itself is not supported; run it inside WSL\n')
  process.exit(1)
} else if (major < 24) {
  process.stderr.write(
    'secretref: needs Node 24 or newer, and this is Node ' +
      process.versions.node +
      '; install it from https://nodejs.org or let your version manager do it\n',
  )
  // 125: `run` never started the command.
  process.exit(process.argv[2] === 'run' || process.argv[3] === 'run' ? 125 : 1)
} else {
  keepCompiled()
  void import('./main.ts')
}

/**
 * Compiled code of the command line (never of the value wing) is kept in a folder that is ours and
 * closed to everybody else; a third of the time of a start goes into compiling it.
 */
function keepCompiled() {
  var fs = require('node:fs')
  var path = require('node:path')
  var base =
    process.env.XDG_CACHE_HOME || (process.env.HOME && path.join(process.env.HOME, '.cache'))
  if (!base || !path.isAbsolute(base)) return
  var folder = path.join(base, 'secretref')
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    var stat = fs.lstatSync(folder)
    if (!stat.isDirectory() || stat.uid !== process.geteuid() || (stat.mode & 0o077) !== 0) return
  } catch (error) {
    // No folder, no cache: only slower.
    if (error) return
  }
  require('node:module').enableCompileCache(folder)
}
