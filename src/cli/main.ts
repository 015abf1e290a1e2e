console.log(process.version, process.pid, process.argv.slice(2), process.execArgv);
if (process.argv[2] === 's') setInterval(() => {}, 1000);
if (process.argv[2] === 'x') process.exitCode = 7;
