set confirm off
set pagination off
set print thread-events off
set print inferior-events off
set debuginfod enabled off
set detach-on-fork on
break run if number == 3
commands
silent
printf "number %d\n", number
continue
end
catch fork
commands
silent
continue
end
run
printf "exit status %d\n", $_exitcode
