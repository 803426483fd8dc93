#!/bin/sh
# git starts itself for most of its commands, and packs with threads.
set -eu
export HOME=$PWD GIT_AUTHOR_NAME=suite GIT_AUTHOR_EMAIL=suite@localhost
export GIT_COMMITTER_NAME=suite GIT_COMMITTER_EMAIL=suite@localhost
export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
git config --global init.defaultBranch main
git config --global pack.threads 4
git config --global gc.auto 1
git config --global gc.autoDetach false

git init --quiet first
for number in $(seq 20); do
	seq "$number" 2000 >"first/numbers.$number"
	git -C first add .
	git -C first commit --quiet -m "numbers from $number"
done
git clone --quiet --no-local first second
printf '#!/bin/sh\necho hook\n' >second/.git/hooks/pre-commit
chmod +x second/.git/hooks/pre-commit
cd second
git checkout --quiet -b side HEAD~5
echo side >side
git add side
git commit --quiet -m side
git rebase --quiet main
git checkout --quiet main
git merge --quiet --ff-only side
git repack --quiet -a -d -f --depth=10 --threads=4
git gc --quiet --aggressive --prune=now
git fsck --strict --no-progress
git grep --threads=4 -c '^1999$' -- 'numbers.1*'
git log --oneline | head -n 3
git push --quiet origin side
git -C ../first rev-parse side
