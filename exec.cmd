@rem The scripts of package.json begin with the shell's `exec`: without it, Ctrl-C ends the shell between npm and Node at once,
@rem and npm returns while the servers still stop. Windows has no `exec`, so this stands in for it.
@%*
