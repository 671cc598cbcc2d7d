/** The site for the browser tests: the folder POSADA_SITE (dist/ by default) on the port that is given. */
import { at } from "../scripts/lib/process.mjs";
import { serveFolder } from "../scripts/lib/static-server.mjs";

await serveFolder(process.env.POSADA_SITE ?? at("dist"), Number(process.argv[2]));
