// SPDX-License-Identifier: Apache-2.0
//! Finds libdumbo, or builds it, and tells cargo how to link it.
use std::collections::hash_map::DefaultHasher;
use std::env;
use std::ffi::{OsStr, OsString};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{exit, Command};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_BUNDLED").is_some() {
        link(&[build_from_source()], Linkage::Static);
    } else {
        let folders = folders_of_installed_library();
        link(&folders, linkage_for(&folders));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Linkage {
    Static,
    Shared,
}

fn link(folders: &[PathBuf], linkage: Linkage) {
    for folder in folders {
        println!("cargo:rustc-link-search=native={}", folder.display());
    }
    // What an installation puts there, or takes away.
    let libraries = ["libdumbo.a", "libdumbo.so"];
    for library in
        folders.iter().flat_map(|folder| libraries.map(|name| folder.join(name))).filter(|path| path.exists())
    {
        println!("cargo:rerun-if-changed={}", library.display());
    }
    let kind = if linkage == Linkage::Static { "static" } else { "dylib" };
    println!("cargo:rustc-link-lib={kind}=dumbo");
}

/// Static if that is asked for, or if there is nothing else.
fn linkage_for(folders: &[PathBuf]) -> Linkage {
    let has = |name: &str| folders.iter().any(|folder| folder.join(name).exists());
    if is_static_wanted() {
        if !has("libdumbo.a") {
            give_up(&format!("a static library is wanted, and there is no libdumbo.a in {folders:?}"));
        }
        return Linkage::Static;
    }
    if has("libdumbo.a") && !has("libdumbo.so") {
        Linkage::Static
    } else {
        Linkage::Shared
    }
}

fn is_static_wanted() -> bool {
    let wish = variable("DUMBO_STATIC");
    env::var_os("CARGO_FEATURE_STATIC").is_some() || wish.map_or(false, |wish| wish != "0" && !wish.is_empty())
}

/// The folders that pkg-config wants to have searched. It names none for a library where all are searched for anyway.
fn folders_of_installed_library() -> Vec<PathBuf> {
    refuse_the_wrong_machines_libraries();
    let flags = pkg_config("--libs-only-L");
    let folders: Vec<_> =
        flags.split_whitespace().filter_map(|flag| flag.strip_prefix("-L")).map(PathBuf::from).collect();
    if folders.is_empty() {
        vec![PathBuf::from(pkg_config("--variable=libdir"))]
    } else {
        folders
    }
}

/// A plain pkg-config answers for the machine that it runs on.
fn refuse_the_wrong_machines_libraries() {
    let target = needed("TARGET");
    let for_target = format!("PKG_CONFIG_{}", target.replace('-', "_"));
    let ways = ["PKG_CONFIG_SYSROOT_DIR", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_ALLOW_CROSS", &for_target];
    if needed("HOST") != target && ways.iter().all(|name| variable(name).is_none()) {
        give_up(&format!(
            "this build is for {target}, and pkg-config would answer for this machine: set PKG_CONFIG_SYSROOT_DIR, \
             PKG_CONFIG_LIBDIR, or {for_target} to a pkg-config that answers for {target}"
        ));
    }
}

fn pkg_config(question: &str) -> String {
    let target = needed("TARGET").replace('-', "_");
    let command = variable(&format!("PKG_CONFIG_{target}"))
        .or_else(|| variable("PKG_CONFIG"))
        .unwrap_or_else(|| "pkg-config".into());
    // What it depends on itself.
    for name in ["PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR"] {
        variable(name);
    }
    let output = match Command::new(&command).args([question, "dumbo"]).output() {
        Ok(output) => output,
        Err(error) => give_up(&format!("{command:?} does not run ({error}), and it is what finds libdumbo")),
    };
    if !output.status.success() {
        give_up(&format!(
            "libdumbo was not found:\n{}Install it, and point PKG_CONFIG_PATH to the folder of its dumbo.pc; or enable \
             the feature \"bundled\", which builds it.",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Builds the static library with Meson, and returns its folder.
fn build_from_source() -> PathBuf {
    let source = Path::new(&needed("CARGO_MANIFEST_DIR")).join("../../..");
    if !source.join("capi/include/dumbo/dumbo.h").exists() {
        give_up("the feature \"bundled\" needs libdumbo's repository around this crate");
    }
    for part in ["meson.build", "meson_options.txt", "capi", "include", "src"] {
        println!("cargo:rerun-if-changed={}", source.join(part).display());
    }
    let cross_file = variable("DUMBO_MESON_CROSS_FILE");
    if let Some(file) = &cross_file {
        println!("cargo:rerun-if-changed={file}");
    }
    let configured = PathBuf::from(needed("OUT_DIR")).join(name_of_configuration(&cross_file));
    let (build, prefix) = (configured.join("build"), configured.join("prefix"));
    if !build.join("build.ninja").exists() {
        set_up(&source, &build, &prefix, &cross_file);
    }
    // An archive in a build directory only names its members' files; an installed one has them.
    run("meson", &["install".as_ref(), "-C".as_ref(), build.as_ref(), "--quiet".as_ref()]);
    prefix.join("lib")
}

/// Meson looks at these when it sets a build up, and never again: other values get a build of their own.
fn name_of_configuration(cross_file: &Option<String>) -> String {
    let mut hasher = DefaultHasher::new();
    cross_file.hash(&mut hasher);
    for name in ["AR", "CC", "CXX", "CFLAGS", "CPPFLAGS", "CXXFLAGS", "LDFLAGS"] {
        variable(name).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

fn set_up(source: &Path, build: &Path, prefix: &Path, cross_file: &Option<String>) {
    let mut prefix_argument = OsString::from("--prefix=");
    prefix_argument.push(prefix);
    let mut arguments = vec![OsStr::new("setup"), build.as_ref(), source.as_ref(), &prefix_argument];
    arguments.extend(
        [
            "--libdir=lib",
            "--buildtype=release",
            "-Ddefault_library=static",
            "-Dexamples=disabled",
            "-Dtests=disabled",
            "-Dtools=disabled",
        ]
        .map(OsStr::new),
    );
    if let Some(file) = cross_file {
        arguments.extend(["--cross-file", file].map(OsStr::new));
    } else if needed("HOST") != needed("TARGET") {
        give_up("this build is for another machine: set DUMBO_MESON_CROSS_FILE to a cross file of Meson's for it");
    }
    run("meson", &arguments);
}

fn run(command: &str, arguments: &[&OsStr]) {
    match Command::new(command).args(arguments).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => give_up(&format!(
            "{command} {arguments:?} failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )),
        Err(error) => give_up(&format!("{command} does not run ({error}), and it is what builds libdumbo")),
    }
}

/// A variable that a user may set, and on which the result depends then.
fn variable(name: &str) -> Option<String> {
    println!("cargo:rerun-if-env-changed={name}");
    env::var(name).ok()
}

/// A variable that cargo sets.
fn needed(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| give_up(&format!("cargo has not set {name}")))
}

fn give_up(reason: &str) -> ! {
    eprintln!("dumbo-sys: {reason}");
    exit(1)
}
