// SPDX-License-Identifier: GPL-3.0-or-later
// A Flamenco 3 job type: put it into the folder `scripts` beside flamenco-manager and refresh the job types in Blender.
// The manager needs two variables, each with a value per platform:
//   stylizePython   the engine's Python
//   stylize         the folder that holds this project's core

const JOB_TYPE = {
    label: "Stylize Sequence",
    description: "Give rendered frames a style that moves with what it is on",
    settings: [
        { key: "frames", type: "string", required: true,
          eval: "f'{C.scene.frame_start}-{C.scene.frame_end}'",
          description: "Frames to stylize, such as 1-250" },
        { key: "chunk_size", type: "int32", default: 48, visible: "submission",
          description: "Frames of a task; each also paints up to 24 before its first" },
        { key: "content", type: "string", subtype: "file_path", required: true,
          eval: "abspath(C.scene.render.filepath)",
          description: "The rendered frames, with a # for each digit of their number" },
        { key: "output", type: "string", subtype: "file_path", required: true,
          description: "Where the frames go, likewise" },
        { key: "style", type: "string", default: "builtin:oil", required: true,
          description: "A picture, or builtin: and a name" },
        { key: "method", type: "string", default: "auto" },
        { key: "motion", type: "string", default: "auto",
          description: "auto, passes, flow or none" },
        { key: "strength", type: "float", default: 1.0 },
    ],
};

// Run the engine from its folder, whatever folder the worker is in.
const RUN = "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    + "from core.cli import main; sys.exit(main(sys.argv[1:]))";

function compileJob(job) {
    const settings = job.settings;
    for (const chunk of frameChunker(settings.frames, settings.chunk_size)) {
        const task = author.Task(`stylize-${chunk}`, "misc");
        task.addCommand(author.Command("exec", {
            exe: "{stylizePython}",
            args: [
                "-c", RUN, "{stylize}", "sequence", settings.content, "-o", settings.output,
                "--style", settings.style, "--method", settings.method, "--motion", settings.motion,
                "--strength", String(settings.strength), "--frames", chunk, "--json",
            ],
        }));
        job.addTask(task);
    }
}
