/**
 * Undoing, at whatever end: a task registered here runs when this process exits, on SIGINT or on SIGTERM.
 *
 * Tasks run last registered first, synchronously, once. They do not run when this process is killed with -9.
 */

type Task = () => void;

const tasks: Task[] = [];
let installed = false;

/** Registers a task; the returned function takes it back. */
export function atExit(task: Task): () => void {
  install();
  tasks.push(task);
  return () => {
    const place = tasks.lastIndexOf(task);
    if (place >= 0) tasks.splice(place, 1);
  };
}

function install(): void {
  if (installed) return;
  installed = true;
  process.on('exit', runAll);
  process.on('SIGINT', () => end(130));
  process.on('SIGTERM', () => end(143));
}

function end(code: number): void {
  runAll();
  process.exit(code);
}

function runAll(): void {
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    try {
      task();
    } catch (error) {
      console.error(`while cleaning up: ${String(error)}`);
    }
  }
}
