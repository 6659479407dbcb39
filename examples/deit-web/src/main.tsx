import { render } from "preact";

render(<h1>Teach a vision transformer</h1>, document.getElementById("app")!);
