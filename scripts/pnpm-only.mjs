// `prepack` of every package. npm would publish `workspace:^` as it stands, which nobody can install; pnpm writes versions.
const agent = process.env.npm_config_user_agent ?? "";
if (!agent.startsWith("pnpm/")) {
  process.stderr.write(
    `prepack: expected pnpm, got ${agent.split(" ")[0] || "no package manager"}, which would leave "workspace:^" in ` +
      "package.json: use npx pnpm@12 pack; to publish, npx pnpm@12 release (CONTRIBUTING.md, Releasing)\n",
  );
  process.exit(1);
}
