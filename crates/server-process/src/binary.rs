//! Where the server's program is: named by the caller, or built beside the running executable.

use std::{
    env::{self, consts::EXE_SUFFIX},
    io,
    path::{Path, PathBuf},
};

/// Why no program was found.
#[derive(Debug, thiserror::Error)]
pub enum BinaryNotFound {
    /// The path that the caller named is no file.
    #[error("no program at {}", .0.display())]
    Named(PathBuf),
    /// Neither of the places beside the running executable has it.
    #[error(
        "no program {name} beside this one (looked at {looked_at}); build it, or name it with --server-bin"
    )]
    NoSibling {
        /// The program's name.
        name: String,
        /// The paths that were tried, comma separated.
        looked_at: String,
    },
    /// The system does not tell where the running executable is.
    #[error("find the running executable")]
    CurrentExe(#[source] io::Error),
}

/// The program `named`, or else the one called `name` beside the running executable. For a test executable, which
/// cargo puts into `deps/`, the directory above counts as beside it too.
///
/// # Errors
/// When there is no such file.
pub fn find_binary(named: Option<&Path>, name: &str) -> Result<PathBuf, BinaryNotFound> {
    if let Some(path) = named {
        return if path.is_file() {
            Ok(path.to_owned())
        } else {
            Err(BinaryNotFound::Named(path.to_owned()))
        };
    }
    let exe = env::current_exe().map_err(BinaryNotFound::CurrentExe)?;
    find_beside(&exe, name)
}

fn find_beside(exe: &Path, name: &str) -> Result<PathBuf, BinaryNotFound> {
    let candidates: Vec<PathBuf> = exe
        .ancestors()
        .skip(1)
        .take(2)
        .map(|dir| dir.join(format!("{name}{EXE_SUFFIX}")))
        .collect();
    candidates
        .iter()
        .find(|path| path.is_file())
        .cloned()
        .ok_or_else(|| BinaryNotFound::NoSibling {
            name: name.to_owned(),
            looked_at: candidates
                .iter()
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
                .join(", "),
        })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_sibling_is_found_beside_the_program_and_above_deps() {
        let target = tempfile::tempdir().unwrap();
        let server = target.path().join(format!("server{EXE_SUFFIX}"));
        fs::create_dir(target.path().join("deps")).unwrap();
        for exe in ["golden", "deps/e2e-0123"] {
            let error = find_beside(&target.path().join(exe), "server").unwrap_err();
            assert!(
                error.to_string().contains(&server.display().to_string()),
                "{error}"
            );
        }
        fs::write(&server, "").unwrap();
        for exe in ["golden", "deps/e2e-0123"] {
            assert_eq!(
                find_beside(&target.path().join(exe), "server").unwrap(),
                server,
                "{exe}"
            );
        }
    }

    #[test]
    fn a_named_program_must_exist_and_no_sibling_stands_in_for_it() {
        let error = find_binary(Some(Path::new("/nonexistent/server")), "server").unwrap_err();
        assert_eq!(error.to_string(), "no program at /nonexistent/server");
    }
}
