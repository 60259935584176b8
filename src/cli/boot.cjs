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
  import('./main.ts')
}
