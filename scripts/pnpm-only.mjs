// `prepack` of every package. npm would publish `workspace:^` as it stands, which nobody can install; pnpm writes versions.
import { basename } from "node:path";

// Each sets this to itself; npm_config_user_agent is inherited by an npm that a pnpm script has started.
const packer = basename(process.env.npm_execpath ?? "no package manager");
if (!/^pnpm(\.[cm]?js|\.exe)?$/.test(packer)) {
  process.stderr.write(
    `prepack: expected pnpm, got ${packer}, which would leave "workspace:^" in package.json: use npx pnpm@12 pack; ` +
      "to publish, npx pnpm@12 release (CONTRIBUTING.md, Releasing)\n",
  );
  process.exit(1);
}
