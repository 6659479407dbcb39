import { serveTasks } from "image-source/node";
import { drawInto } from "./draw-into.ts";

serveTasks(drawInto);
