"""Runs the Tiltfile on a Starlark interpreter whose built-ins only take down how they were called.

interpret.py <option>...   as in `tilt up -- <option>...`

Prints one JSON object: `calls` (in order, each with `name` and its arguments), `config` (what the options said), `env` (what it set).
Arguments that Tilt does not know, and options that the Tiltfile does not define, are errors, as they are to Tilt.
"""

import json
import os
import subprocess
import sys

import starlark
import yaml

calls, defined, env = [], {}, {}
options = sys.argv[1:]


def recorded(name, **arguments):
    call = {"name": name, **arguments}
    calls.append(call)


def version_settings(check_updates=True, constraint=""):
    recorded("version_settings", constraint=constraint)


def ci_settings(k8s_grace_period="", timeout="30m", readiness_timeout="5m"):
    recorded("ci_settings", timeout=timeout, readiness_timeout=readiness_timeout)


def docker_build(ref, context, build_args={}, only=[], ignore=[], entrypoint=[], live_update=[], target="", dockerfile="Dockerfile"):
    steps = list(live_update)
    recorded("docker_build", ref=ref, context=context, build_args=build_args, only=only, entrypoint=entrypoint, live_update=steps)


def docker_compose(configPaths, env_file=None, project_name="", profiles=[], wait=False):
    recorded("docker_compose", files=configPaths, project_name=project_name, profiles=profiles)


def dc_resource(name, trigger_mode="auto", resource_deps=[], links=[], infer_links=True, labels=[], auto_init=True):
    recorded("dc_resource", resource=name, trigger_mode=trigger_mode, links=links, labels=labels)


def local_resource(name, cmd=[], serve_cmd=[], deps=[], trigger_mode="auto", resource_deps=[], auto_init=True, allow_parallel=False, labels=[], links=[]):
    recorded("local_resource", resource=name, cmd=cmd, serve_cmd=serve_cmd, trigger_mode=trigger_mode,
             resource_deps=resource_deps, auto_init=auto_init, labels=labels)


def k8s_yaml(yaml, allow_duplicates=False):
    recorded("k8s_yaml", objects=yaml)


def k8s_resource(workload="", new_name="", port_forwards=[], resource_deps=[], labels=[], links=[], objects=[]):
    recorded("k8s_resource", resource=workload, port_forwards=port_forwards, labels=labels)


def allow_k8s_contexts(contexts):
    recorded("allow_k8s_contexts", contexts=contexts)


def fall_back_on(files):
    return {"step": "fall_back_on", "files": files if isinstance(files, list) else [files]}


def sync(local_path, remote_path):
    return {"step": "sync", "local": local_path, "remote": remote_path}


def run(cmd, trigger=[], echo_off=False):
    return {"step": "run", "cmd": cmd}


def link(url, name=""):
    return {"url": url, "name": name}


def port_forward(local_port, container_port=0, name="", link_path="", host=""):
    return {"local": local_port, "container": container_port, "link_path": link_path}


def read_file(path, default=None):
    if default is not None and not os.path.exists(path):
        return default
    with open(path) as file:
        return file.read()


def read_json(path):
    return json.loads(read_file(path))


def read_yaml(path):
    return yaml.safe_load(read_file(path))


def decode_yaml_stream(text):
    return [one for one in yaml.safe_load_all(text) if one]


def encode_yaml(value):
    return value


def encode_yaml_stream(values):
    return values


def kustomize(folder):
    return subprocess.run(["kubectl", "kustomize", folder], check=True, capture_output=True, text=True).stdout


def config_define(kind):
    def define(name, args=False, usage=""):
        assert usage, f"option {name} has no usage"
        defined[name] = kind
    return define


def config_parse():
    values, words = {}, list(options)
    while words:
        name, equals, value = words.pop(0).removeprefix("--").partition("=")
        if name not in defined:
            raise ValueError(f"unknown flag: --{name}")
        if defined[name] == "bool":
            values[name] = value != "false"
        else:
            value = value if equals else words.pop(0)
            values[name] = values.get(name, []) + [value] if defined[name] == "string_list" else value
    return values


def putenv(name, value):
    env[name] = value


builtins = {
    function.__name__: function
    for function in [version_settings, ci_settings, docker_build, docker_compose, dc_resource, local_resource, k8s_yaml, k8s_resource,
                     allow_k8s_contexts, fall_back_on, sync, run, link, port_forward, read_file, read_json, read_yaml,
                     decode_yaml_stream, encode_yaml, encode_yaml_stream, kustomize]
}
# Starlark makes the modules out of these.
parts = {
    "config_define_bool": config_define("bool"), "config_define_string": config_define("string"),
    "config_define_string_list": config_define("string_list"), "config_parse": config_parse,
    # Only what the Tiltfile sets: a variable of this shell must not change what the tests see.
    "os_getenv": lambda name, default=None: env.get(name, default), "os_putenv": putenv,
    "os_abspath": os.path.abspath, "os_basename": os.path.basename,
}
PRELUDE = """
config = struct(define_bool=config_define_bool, define_string=config_define_string,
    define_string_list=config_define_string_list, parse=config_parse)
os = struct(getenv=os_getenv, putenv=os_putenv, path=struct(abspath=os_abspath, basename=os_basename))
TRIGGER_MODE_AUTO, TRIGGER_MODE_MANUAL = 'auto', 'manual'
"""

module = starlark.Module()
for name, function in {**builtins, **parts}.items():
    module.add_callable(name, function)
dialect = starlark.Dialect.extended()
dialect.enable_top_level_stmt = True
dialect.enable_f_strings = False
for file, text in [("prelude", PRELUDE), ("Tiltfile", read_file("Tiltfile"))]:
    starlark.eval(module, starlark.parse(file, text, dialect), starlark.Globals.extended_by([starlark.LibraryExtension.StructType]))
json.dump({"calls": calls, "config": defined, "env": env}, sys.stdout)
